"""When the relay goes on, and when it may end."""

from types import SimpleNamespace

import eventlet

from chassis.relay import POLL_SECONDS, Relay


class Carrier(Relay):
    """Carries what there is and pauses, without a database and a broker."""

    def __init__(self) -> None:
        super().__init__()
        self.committed = ["first"]
        self.carried: list[str] = []
        self.container = SimpleNamespace(
            entrypoints=(), spawn_managed_thread=lambda run, identifier: eventlet.spawn(run)
        )

    def carry(self) -> float:
        self.carried += self.committed
        self.committed.clear()
        eventlet.sleep(0.02)
        return POLL_SECONDS


def test_what_is_committed_while_the_relay_pauses_goes_out_before_it_ends() -> None:
    relay = Carrier()
    relay.start()
    eventlet.sleep(0.01)
    relay.committed.append("second")
    relay.stop()
    assert relay.carried == ["first", "second"]
