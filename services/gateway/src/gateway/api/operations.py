"""What became of a request whose answer was lost."""

from flask import Response

from chassis.errors import NotFound, Unavailable
from contracts import accounts, billing, enrollment, registry
from contracts.accounts import ROLES
from gateway import answers
from gateway.access import allow
from gateway.calls import ask
from gateway.idempotency import FORMAT
from gateway.openapi import Blueprint

blp = Blueprint("operations", "What became of a request whose answer was lost.")
KEEPERS = tuple(registry.operation_method(module.SERVICE) for module in (enrollment, billing, accounts))
EACH_SECONDS = 2.5


@blp.get("/operations/<path:key>")
@allow(*ROLES)
@blp.answers(200, registry.OperationOutcome)
@blp.refuses(404, "operation_unknown")
def find_operation(key: str) -> Response:
    """What became of the caller's operation with this Idempotency-Key.

    `done` with its answer, `refused` with its refusal, or `in_flight`. An unknown key was never taken: the request can
    be sent again. When a service that might know does not answer, the answer is 503, not "unknown".
    """
    if not FORMAT.match(key):
        raise NotFound("operation_unknown")
    silent: Unavailable | None = None
    for method in KEEPERS:
        try:
            outcome = ask(method, {"key": key}, timeout_seconds=EACH_SECONDS)
        except Unavailable as unavailable:
            silent = unavailable
            continue
        if outcome["status"] != "unknown":
            return answers.ok(outcome)
    raise silent or NotFound("operation_unknown")
