"""How a remote method is carried out: who may call it, valid input, one transaction, one effect for each key.

Requests for the same command that wait at the same time may be decided together, in one transaction; each keeps its own
caller, context, key, and answer or refusal. A single command is a batch of one.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import structlog

from chassis import commands
from chassis.batches import Alone
from chassis.context import Actor, Context, using
from chassis.database import is_collision, is_down
from chassis.errors import NotFound, Refusal, Unauthenticated, Unavailable
from chassis.guard import MethodContract, authorise, load
from chassis.projections import FactMissing
from chassis.rpc import Late
from chassis.schemas import made

log = structlog.get_logger(__name__)
COLLISIONS_MAX = 5
Call = tuple[Context, dict[str, Any]]
Function = Callable[..., Any]
Outcome = dict[str, Any] | Exception


@dataclass(frozen=True)
class Asked:
    """A well-formed request of somebody who may ask for it; `body` is as it came."""

    context: Context
    body: dict[str, Any]
    request: dict[str, Any]

    @property
    def actor(self) -> Actor:
        """The verified caller. Raises `Unauthenticated` where there is none."""
        if self.context.actor is None:
            raise Unauthenticated("token_missing", "An access token is needed.")
        return self.context.actor


def run_plain(
    service: Any, function: Function, contract: MethodContract, context: Context, body: dict[str, Any]
) -> dict[str, Any]:
    """Answer without a transaction."""
    asked = _admitted(service, contract, context, body)
    with using(asked.context), _explained(contract):
        return _dump(contract, function(service, asked.request))


def run_query(
    service: Any, function: Function, contract: MethodContract, context: Context, body: dict[str, Any]
) -> dict[str, Any]:
    """Answer from one snapshot."""
    asked = _admitted(service, contract, context, body)

    def attempt() -> Any:
        with service.transactions.reading() as session:
            return function(service, session, asked.request)

    with using(asked.context), _explained(contract):
        return _dump(contract, _with_facts(service, asked.context, attempt))


def run_command(
    service: Any, function: Function, contract: MethodContract, context: Context, body: dict[str, Any], prepare: Any
) -> dict[str, Any]:
    """Decide one request; the refusal that it ends with is raised."""

    def of_one(service: Any, session: Any, asked: Sequence[Asked]) -> list[Any]:
        return [function(service, session, asked[0].request)]

    asked = _admitted(service, contract, context, body)
    outcome = _alone(service, of_one, contract, asked, prepare)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def run_batch(service: Any, function: Function, contract: MethodContract, calls: Iterable[Call]) -> list[Outcome]:
    """Decide requests together; the answer of each, or what its caller is refused with, in their order."""
    admitted = [_outcome(partial(_admitted, service, contract, *call)) for call in calls]
    decided = iter(_together(service, function, contract, [each for each in admitted if isinstance(each, Asked)]))
    return [next(decided) if isinstance(each, Asked) else each for each in admitted]


def _admitted(service: Any, contract: MethodContract, context: Context, body: dict[str, Any]) -> Asked:
    if context.remaining_seconds(1) <= 0:
        raise Late
    caller = authorise(contract, context, service.verify)
    return Asked(replace(context, actor=caller), body, load(made(contract.request), body))


def _together(service: Any, function: Function, contract: MethodContract, asked: Sequence[Asked]) -> list[Outcome]:
    """In one transaction; where that fails, one by one, in their order. Who needs a neighbour's fact waits alone."""
    outcomes: Sequence[Outcome | None] = [None] * len(asked)
    if len(asked) > 1:
        try:
            outcomes = _in_transaction(service, function, contract, asked)
        except Exception as error:
            expected = is_collision(error) or is_down(error) or isinstance(error, Refusal)
            say = log.info if expected else log.exception
            say("batch_divided", method=contract.name, requests=len(asked), error=type(error).__name__)
    decided = zip(asked, outcomes, strict=True)
    return [_alone(service, function, contract, each) if got is None else _for_now(got) for each, got in decided]


def _for_now(outcome: Outcome) -> Outcome:
    """Nobody's answer waits until a neighbour has been asked for what somebody else needs."""
    return Alone() if isinstance(outcome, FactMissing) else outcome


def _alone(service: Any, function: Function, contract: MethodContract, asked: Asked, prepare: Any = None) -> Outcome:
    def attempt(prepared: Asked) -> Outcome:
        (outcome,) = _in_transaction(service, function, contract, [prepared])
        if isinstance(outcome, FactMissing):
            raise outcome
        return outcome

    def carry_out() -> Any:
        with using(asked.context), _explained(contract):
            prepared = replace(asked, request=prepare(dict(asked.request))) if prepare else asked
            return _with_facts(service, asked.context, partial(attempt, prepared))

    return Late() if asked.context.remaining_seconds(1) <= 0 else _outcome(carry_out)


def _in_transaction(
    service: Any, function: Function, contract: MethodContract, asked: Sequence[Asked]
) -> list[Outcome]:
    with service.transactions.writing() as session:

        def work(chosen: Iterable[int]) -> list[Outcome]:
            answers = function(service, session, [asked[number] for number in chosen])
            return [answer if isinstance(answer, Exception) else _dump(contract, answer) for answer in answers]

        if not contract.keyed:
            return work(range(len(asked)))
        return commands.once(session, contract.name, [_command(contract, each) for each in asked], work)


def _command(contract: MethodContract, asked: Asked) -> commands.Command:
    caller, hashed = asked.context.actor, commands.request_hash(asked.body, contract.hashed)
    actor = caller.subject if caller else f"{commands.ANONYMOUS} {hashed}"
    return commands.Command(actor, asked.context.idempotency_key, hashed)


def _outcome(job: Callable[[], Any]) -> Any:
    try:
        return job()
    except Exception as error:
        return error


@contextmanager
def _explained(contract: MethodContract) -> Iterator[None]:
    """A database that cannot be reached, or is too busy, is no bug of ours."""
    try:
        yield
    except Refusal:
        raise
    except Exception as error:
        if is_down(error) or is_collision(error):
            raise Unavailable("database_unavailable") from error
        log.exception("bug", method=f"{contract.service}.{contract.name}")
        raise


def _dump(contract: MethodContract, answer: Any) -> dict[str, Any]:
    return {} if contract.reply is None else dict(made(contract.reply).dump(answer or {}))


def _with_facts(service: Any, context: Context, attempt: Callable[[], Any]) -> Any:
    """Run the attempt; when a neighbour's fact is missing, fetch it and run once more.

    Collisions are tried again for as long as the caller waits.
    """
    fetched: set[tuple[str, str]] = set()
    collisions = 0
    while True:
        try:
            return attempt()
        except FactMissing as missing:
            wanted = (missing.projection.kind, missing.fact_id)
            if wanted in fetched:
                raise NotFound(f"{missing.projection.kind}_not_found") from None
            fetched.add(wanted)
            service.sources.fetch(service, missing)
        except Exception as error:
            collisions += 1
            if not is_collision(error) or collisions > COLLISIONS_MAX or context.remaining_seconds(1) <= 0:
                raise
