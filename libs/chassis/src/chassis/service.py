"""What a service is written with: `command`, `query`, `rpc`, `on_event`, `every`, and the base class behind them.

The wrappers carry what may never be forgotten: who may call, valid input, one transaction, one effect for each key.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import structlog
from nameko.extensions import DependencyProvider, register_entrypoint
from sqlalchemy.orm import Session

from chassis import commands, events, metrics, migrations, outbox
from chassis.calls import Calls
from chassis.catch_up import EventSources
from chassis.context import Context, actor, current, using
from chassis.database import is_collision, is_down
from chassis.errors import NotFound, Refusal, Unavailable
from chassis.guard import MethodContract, authorise, load
from chassis.outbox import EventContract, Received
from chassis.projections import FactMissing, Projection
from chassis.relay import Relay
from chassis.rpc import Late, RemoteMethod
from chassis.schedule import Every
from chassis.schemas import made

log = structlog.get_logger(__name__)
COLLISIONS_MAX = 5


class Configured(DependencyProvider):  # type: ignore[misc]
    """A value that the runner put into the container's configuration."""

    def __init__(self, name: str) -> None:
        self.name = name

    def get_dependency(self, _worker: Any) -> Any:
        """The same value for all workers."""
        return self.container.config[self.name]


@dataclass(frozen=True)
class Work:
    """How one method is carried out once its caller and input are known to be good."""

    function: Callable[..., Any]
    run: Callable[[Any, "Work", MethodContract, dict[str, Any], dict[str, Any]], Any]
    prepare: Callable[[dict[str, Any]], dict[str, Any]] | None = None


def rpc(contract: MethodContract | str) -> Callable[..., Any]:
    """A remote method without a transaction of the chassis's making."""
    return _method(contract, _run_plain)


def query(contract: MethodContract | str) -> Callable[..., Any]:
    """A remote read in one read-only snapshot: `method(self, session, request)`."""
    return _method(contract, _run_query)


def command(
    contract: MethodContract | str, prepare: Callable[[dict[str, Any]], dict[str, Any]] | None = None
) -> Callable[..., Any]:
    """A remote change in one transaction, with one effect for each key: `method(self, session, request)`.

    A refusal that is raised leaves nothing of the work behind; one that is returned is kept together with the work.
    """
    return _method(contract, _run_command, prepare)


def on_event(contract: EventContract, only: tuple[str, ...] | None = None) -> Callable[..., Any]:
    """A handler of one event type: `method(self, session, event)`, in the transaction of its inbox row."""

    def decorate(function: Callable[[Any, Session, Received], None]) -> Callable[..., Any]:
        handler = events.EventHandler(contract, only, function)

        @functools.wraps(function)
        def wrapper(self: Any, apply: Callable[[Any], None]) -> None:
            apply(self)

        register_entrypoint(wrapper, handler)
        wrapper.handler = handler  # type: ignore[attr-defined]
        return wrapper

    return decorate


def every(seconds: float, session: bool = True) -> Callable[..., Any]:
    """Repeated work: `method(self, session)` in a transaction, or `method(self)`; True means: again at once."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(self: Any) -> Any:
            if not session:
                return function(self)
            with self.transactions.writing() as opened:
                return function(self, opened)

        register_entrypoint(wrapper, Every(seconds))
        return wrapper

    return decorate


def _method(contract: MethodContract | str, run: Any, prepare: Any = None) -> Callable[..., Any]:
    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        work = Work(function, run, prepare)

        @functools.wraps(function)
        def wrapper(self: Any, context: Context, body: dict[str, Any]) -> dict[str, Any]:
            known = self.standard[contract] if isinstance(contract, str) else contract
            return _carry_out(self, work, known, context, body)

        register_entrypoint(wrapper, RemoteMethod(expected_exceptions=(Refusal, Late)))
        wrapper.contract = contract  # type: ignore[attr-defined]
        return wrapper

    return decorate


def _carry_out(
    service: Any, work: Work, contract: MethodContract, context: Context, body: dict[str, Any]
) -> dict[str, Any]:
    if context.remaining_seconds(1) <= 0:
        raise Late
    with using(replace(context, actor=authorise(contract, context, service.verify))):
        try:
            request = load(made(contract.request), body)
            return dict(work.run(service, work, contract, body, request))
        except Refusal:
            raise
        except Exception as error:
            if is_down(error) or is_collision(error):
                raise Unavailable("database_unavailable") from error
            log.exception("bug", method=f"{contract.service}.{contract.name}")
            raise


def _dump(contract: MethodContract, answer: Any) -> dict[str, Any]:
    return {} if contract.reply is None else dict(made(contract.reply).dump(answer or {}))


def _run_plain(
    service: Any, work: Work, contract: MethodContract, _body: dict[str, Any], request: dict[str, Any]
) -> dict[str, Any]:
    return _dump(contract, work.function(service, request))


def _run_query(
    service: Any, work: Work, contract: MethodContract, _body: dict[str, Any], request: dict[str, Any]
) -> dict[str, Any]:
    def attempt() -> Any:
        with service.transactions.reading() as session:
            return work.function(service, session, request)

    return _dump(contract, _with_facts(service, attempt))


def _run_command(
    service: Any, work: Work, contract: MethodContract, body: dict[str, Any], request: dict[str, Any]
) -> dict[str, Any]:
    prepared = work.prepare(dict(request)) if work.prepare else request

    def attempt() -> dict[str, Any] | Refusal:
        with service.transactions.writing() as session:

            def do() -> dict[str, Any] | Refusal:
                answer = work.function(service, session, prepared)
                return answer if isinstance(answer, Refusal) else _dump(contract, answer)

            return _once(session, contract, body, do) if contract.keyed else do()

    outcome = _with_facts(service, attempt)
    if isinstance(outcome, Refusal):
        raise outcome
    return dict(outcome)


def _once(
    session: Session, contract: MethodContract, body: dict[str, Any], do: Callable[[], dict[str, Any] | Refusal]
) -> dict[str, Any] | Refusal:
    caller, hashed = current().actor, commands.request_hash(body, contract.hashed)
    return commands.once(
        session,
        actor=caller.subject if caller else f"{commands.ANONYMOUS} {hashed}",
        operation=contract.name,
        key=current().idempotency_key,
        hashed=hashed,
        work=do,
    )


def _with_facts(service: Any, attempt: Callable[[], Any]) -> Any:
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
            if not is_collision(error) or collisions > COLLISIONS_MAX or current().remaining_seconds(1) <= 0:
                raise


class EdgeService:
    """A service without a database: it only asks others."""

    name: ClassVar[str]
    calls = Calls()
    settings = Configured("settings")
    verify = Configured("verify")


class Service(EdgeService):
    """A service with a database of its own. `standard` holds the contracts of `log` and `find_operation`."""

    standard: ClassVar[Mapping[str, MethodContract]]
    projections: ClassVar[tuple[Projection, ...]] = ()
    transactions = Configured("transactions")
    sources = EventSources()
    relay = Relay()

    @classmethod
    def handlers(cls) -> dict[str, events.EventHandler]:
        """The service's event handlers by type."""
        found = (getattr(getattr(cls, name), "handler", None) for name in dir(cls))
        return {handler.contract.type: handler for handler in found if handler is not None}

    @query("log")
    def log(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """This service's events past a position, or of one subject; for the services that read them."""
        return outbox.read_log(session, age_seconds=self.settings.catch_up_age_seconds, **request)

    @query("find_operation")
    def find_operation(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """What became of the caller's command with this key."""
        return commands.find(session, actor().subject, request["key"])

    @every(seconds=1, session=False)
    def retry_events(self) -> bool:
        """Run an event again whose time has come."""
        return bool(self.sources.retry_one(self))

    @every(seconds=5)
    def measure_backlog(self, session: Session) -> None:
        """Count what waits in outbox and inbox, for `/metrics`."""
        metrics.measure_backlog(session)

    @every(seconds=3600)
    def keep_tables(self, session: Session) -> None:
        """Make the coming months' partitions, and forget commands older than three days."""
        migrations.ensure_partitions(session.connection())
        session.execute(commands.PURGE)
