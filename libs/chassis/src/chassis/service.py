"""What a service is written with: `command`, `query`, `rpc`, `on_event`, `every`, and the base class behind them."""

import functools
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from nameko.extensions import DependencyProvider, register_entrypoint
from sqlalchemy.orm import Session

from chassis import commands, methods, metrics, migrations, outbox
from chassis.batches import BatchMethod
from chassis.calls import Calls
from chassis.catch_up import EventSources
from chassis.context import actor
from chassis.errors import Refusal
from chassis.event_batches import EventBatchHandler
from chassis.events import EventHandler
from chassis.guard import MethodContract
from chassis.outbox import EventContract
from chassis.projections import Projection
from chassis.relay import Relay
from chassis.rpc import Late, RemoteMethod
from chassis.schedule import Every


class Configured(DependencyProvider):  # type: ignore[misc]
    """A value that the runner put into the container's configuration."""

    def __init__(self, name: str) -> None:
        self.name = name

    def get_dependency(self, _worker: Any) -> Any:
        """The same value for all workers."""
        return self.container.config[self.name]


def rpc(contract: MethodContract | str) -> Callable[..., Any]:
    """A remote method without a transaction of the chassis's making."""
    return _method(contract, methods.run_plain)


def query(contract: MethodContract | str) -> Callable[..., Any]:
    """A remote read in one read-only snapshot: `method(self, session, request)`."""
    return _method(contract, methods.run_query)


def command(
    contract: MethodContract | str, prepare: Callable[[dict[str, Any]], dict[str, Any]] | None = None
) -> Callable[..., Any]:
    """A remote change in one transaction, with one effect for each key: `method(self, session, request)`.

    A refusal that is raised leaves nothing of the work behind; one that is returned is kept together with the work.
    """
    return _method(contract, functools.partial(methods.run_command, prepare=prepare))


def batch_command(contract: MethodContract | str) -> Callable[..., Any]:
    """Like `command`, for all requests that have arrived: `method(self, session, asked)`, `asked` being `Asked`s.

    It returns as many outcomes in their order: an answer, a refusal or a `FactMissing`, of which nothing is kept.
    Whatever it raises makes each be decided alone.
    """
    return _method(contract, methods.run_batch, BatchMethod)


def on_event(contract: EventContract, only: tuple[str, ...] | None = None) -> Callable[..., Any]:
    """A handler of one event type: `method(self, session, event)`, in the transaction of its inbox row."""
    return _handler(contract, only, EventHandler)


def on_events(contract: EventContract, only: tuple[str, ...] | None = None) -> Callable[..., Any]:
    """Like `on_event`, for all events that have arrived, no two of one subject: `method(self, session, events)`.

    What each causes is announced in the event's own `context`. When it raises, each event is handled alone.
    """
    return _handler(contract, only, EventBatchHandler)


def _handler(
    contract: EventContract, only: tuple[str, ...] | None, entrypoint: type[EventHandler]
) -> Callable[..., Any]:
    def decorate(function: Callable[..., None]) -> Callable[..., Any]:
        handler = entrypoint(contract, only, function)

        @functools.wraps(function)
        def wrapper(self: Any, apply: Callable[[Any], Any]) -> Any:
            return apply(self)

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


def _method(
    contract: MethodContract | str, run: Callable[..., Any], entrypoint: type[RemoteMethod] = RemoteMethod
) -> Callable[..., Any]:
    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(self: Any, *call: Any) -> Any:
            known = self.standard[contract] if isinstance(contract, str) else contract
            return run(self, function, known, *call)

        register_entrypoint(wrapper, entrypoint(expected_exceptions=(Refusal, Late)))
        wrapper.contract = contract  # type: ignore[attr-defined]
        return wrapper

    return decorate


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
    def handlers(cls) -> dict[str, EventHandler]:
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
