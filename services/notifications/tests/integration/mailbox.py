"""A real mail server for tests, on a port of its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from chassis.testing import free_port


@dataclass
class Mailbox:
    """What arrived, and what the server answers instead of taking it."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    answer_to_recipient: str = ""
    answer_to_data: str = ""
    refused: dict[str, str] = field(default_factory=dict)
    """By address: what the server says instead of taking that recipient."""
    conversations: int = 0
    on_arrival: Callable[[], None] = lambda: None

    @property
    def url(self) -> str:
        """Where to hand mail over."""
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_EHLO(  # noqa: N802
        self, _server: Any, session: Any, _envelope: Any, host: str, responses: list[str]
    ) -> list[str]:
        """Begin a conversation."""
        session.host_name = host
        self.conversations += 1
        return responses

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        """Take or refuse a recipient."""
        if refusal := self.refused.get(address, self.answer_to_recipient):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep the mail."""
        self.on_arrival()
        if self.answer_to_data:
            return self.answer_to_data
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        assert envelope.rcpt_tos == [address.addr_spec for address in mail["To"].addresses]
        self.mails.append(mail)
        return "250 OK"


@contextmanager
def mail_server(**options: Any) -> Iterator[Mailbox]:
    """A mail server that runs within the block."""
    mailbox = Mailbox(port=free_port())
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port, **options)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
