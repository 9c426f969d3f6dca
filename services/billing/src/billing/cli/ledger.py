"""`kruzhok ledger verify`: check the whole ledger, on live data, in one snapshot."""

import argparse
import sys

import chassis.settings
from billing.verification import CHECKS, verify
from chassis.database import Transactions, create


def main(settings: chassis.settings.Settings, *options: str) -> None:
    """Run one action; the exit status is 1 when a row is not what it should be."""
    parser = argparse.ArgumentParser(prog="kruzhok ledger", description="Look at the ledger.")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    actions.add_parser("verify", help="check that every balance has its postings, and that nobody changed any")
    parser.parse_args(options)
    with Transactions(create(settings.database_url, "kruzhok", pool_size=1)).reading() as session:
        findings = verify(session)
    for finding in findings:
        sys.stdout.write(f"{finding}\n")
    if findings:
        raise SystemExit(1)
    sys.stdout.write(f"The ledger is sound: {len(CHECKS)} checks, nothing found.\n")
