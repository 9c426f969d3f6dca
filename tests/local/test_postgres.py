"""The database server of one machine."""

from pathlib import Path

from stack.postgres import Cluster


def test_the_server_s_log_holds_no_statement_and_no_detail_of_what_was_refused(tmp_path: Path) -> None:
    settings = Cluster(tmp_path, 5432, None)._configuration().splitlines()
    assert {"log_min_error_statement = 'panic'", "log_error_verbosity = 'terse'"} <= set(settings)
