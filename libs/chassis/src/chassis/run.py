"""Starting and stopping a process of a service. Importing this module patches the standard library for eventlet."""

import warnings

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

import eventlet  # noqa: E402

eventlet.monkey_patch()

import gc  # noqa: E402
import importlib  # noqa: E402
import os  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable  # noqa: E402
from time import monotonic, sleep  # noqa: E402
from typing import Any  # noqa: E402

import structlog  # noqa: E402
from nameko.containers import ServiceContainer  # noqa: E402
from sqlalchemy import text  # noqa: E402

from chassis import admin, amqp, clock, database, events, logs, metrics, migrations, settings, tokens, topology  # noqa: E402
from chassis.service import Service  # noqa: E402

log = structlog.get_logger(__name__)
PROBE_SECONDS = 0.25
COLLECT_AFTER_OBJECTS = 10_000


def main(name: str) -> None:
    """`python -m <name> serve|migrate|<command> [options]`.

    Other commands are modules of the service with `main(settings)`; one that takes options has `parser()`, too, and
    `main(settings, *options)`.
    """
    asked, options = sys.argv[1:2], sys.argv[2:]
    if not asked or (options and asked[0] in ("serve", "migrate")):
        raise SystemExit(f"usage: python -m {name} serve|migrate|…")
    module = importlib.import_module(f"{name}.settings")
    try:
        loaded = settings.load(module.Settings, os.environ)
    except settings.SettingsInvalid as error:
        raise SystemExit(str(error)) from None
    clock.ensure_allowed(loaded.environment)
    logs.configure(name, loaded.log_level)
    if asked[0] == "serve":
        serve(name, loaded)
    elif asked[0] == "migrate":
        wait_for("the database", lambda: _probe_database(loaded), loaded.start_wait_seconds)
        migrations.upgrade(name, loaded.database_url)
    else:
        importlib.import_module(f"{name}.{asked[0]}").main(loaded, *options)


def serve(name: str, loaded: Any) -> None:
    """Wait for what is needed, run until SIGTERM or SIGINT, drain for at most the agreed seconds."""
    service_class = _service_class(name)
    stored = issubclass(service_class, Service)
    if stored:
        wait_for("the database", lambda: _probe_database(loaded), loaded.start_wait_seconds)
    wait_for("the broker", lambda: amqp.connect(loaded.amqp_url, f"{name}.start").close(), loaded.start_wait_seconds)
    transactions = _open_database(name, loaded) if stored else None
    if stored:
        producers = {handler.contract.producer for handler in service_class.handlers().values()}
        _stop_on_drift(lambda: topology.verify(loaded.amqp_url, name, sorted(producers)))
    container = ServiceContainer(service_class, _configuration(name, loaded, transactions))
    metrics.WORKERS_BUSY.set_function(container._worker_pool.running)
    health = Health(container, transactions)
    stop_admin = admin.serve(loaded.admin_host, loaded.admin_port, health.checks())
    stopped = eventlet.event.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None if stopped.ready() else stopped.send())
    container.start()
    leave_loaded_alone()
    health.started = True
    log.info("started", process_id=os.getpid())
    eventlet.spawn(_die_with, container, stopped)
    failure = stopped.wait()
    _drain(container, health, loaded.drain_seconds)
    stop_admin()
    if failure:
        raise SystemExit(1)


def leave_loaded_alone() -> None:
    """Keep the garbage collector off the modules and tables of a started process: they live as long as it does."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_OBJECTS, 20, 20)


def _service_class(name: str) -> Any:
    module = importlib.import_module(f"{name}.service")
    found = [each for each in vars(module).values() if isinstance(each, type) and getattr(each, "name", None) == name]
    if len(found) != 1:
        raise SystemExit(f"{name}.service must hold exactly one service class")
    return found[0]


def _configuration(name: str, loaded: Any, transactions: database.Transactions | None) -> dict[str, Any]:
    return {
        "AMQP_URI": loaded.amqp_url,
        "HEARTBEAT": amqp.HEARTBEAT_SECONDS,
        "TRANSPORT_OPTIONS": amqp.transport_options(name),
        "max_workers": loaded.max_workers,
        "settings": loaded,
        "transactions": transactions,
        "verify": tokens.Verifier(loaded.token_public_key).verify,
        "retry_delays_seconds": loaded.retry_delays_seconds,
        "catch_up_seconds": loaded.catch_up_seconds,
    }


def _open_database(name: str, loaded: Any) -> database.Transactions:
    transactions = database.Transactions(database.create(loaded.database_url, name))
    with transactions.writing() as session:
        migrations.ensure_partitions(session.connection())
    return transactions


def _probe_database(loaded: Any) -> None:
    engine = database.create(loaded.database_url, "start", pool_size=1)
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    engine.dispose()


def wait_for(what: str, probe: Callable[[], Any], seconds: float) -> None:
    """Try until it answers; after `seconds` give up with one clear sentence."""
    ends_at = monotonic() + seconds
    while True:
        try:
            probe()
            return
        except Exception as error:
            if monotonic() > ends_at:
                reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
                raise SystemExit(f"Gave up waiting for {what} after {seconds:g} s ({reason}).") from None
            sleep(PROBE_SECONDS)


def _stop_on_drift(verify: Callable[[], None]) -> None:
    try:
        verify()
    except topology.TopologyDrift as error:
        raise SystemExit(str(error)) from None


def _die_with(container: ServiceContainer, stopped: Any) -> None:
    """A container that ends by itself has met a bug: the process ends too, and is started again from outside."""
    try:
        container.wait()
    except Exception:
        log.exception("container_died")
        if not stopped.ready():
            stopped.send(True)


def _drain(container: ServiceContainer, health: "Health", seconds: float) -> None:
    log.info("stopping")
    health.draining = True
    for extension in container.dependencies:
        if hasattr(extension, "drain"):
            extension.drain()
    with eventlet.Timeout(seconds, False):
        container.stop()
        log.info("stopped")
        return
    log.error("drain_cut_short", after_seconds=seconds)


class Health:
    """What this process needs in order to be of use."""

    def __init__(self, container: ServiceContainer, transactions: database.Transactions | None) -> None:
        self.container = container
        self.transactions = transactions
        self.started, self.draining = False, False

    def checks(self) -> dict[str, Callable[[], bool]]:
        """Readiness by name."""
        checks = {"started": lambda: self.started and not self.draining, "broker": self._broker_connected}
        return checks | ({"database": self._database_answers} if self.transactions else {})

    def _broker_connected(self) -> bool:
        consumers = [each for each in self.container.subextensions if isinstance(each, amqp.QueueConsumer)]
        wanted = [each for each in consumers if each._providers or not isinstance(each, events.EventQueueConsumer)]
        return all(each.connected and not each.blocked for each in wanted)

    def _database_answers(self) -> bool:
        if self.transactions is None:
            return True
        with self.transactions.reading() as session:
            return bool(session.scalar(text("SELECT 1")))
