"""Handing mails to a mail server."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from time import monotonic
from typing import Any
from urllib.parse import unquote, urlsplit

TIMEOUT_SECONDS = 10
"""For each step of the conversation."""
CONVERSATION_SECONDS = 20
"""For all of it, whatever the number of mails, so that a lease on them may be short."""
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class _InTime:
    """A conversation that ends in time, however slow each single answer is."""

    def __init__(self, ends_at: float, *arguments: Any, **options: Any) -> None:
        self.ends_at = ends_at
        super().__init__(*arguments, **options)

    def getreply(self) -> tuple[int, bytes]:
        """The server's next answer; `TimeoutError` when the conversation has taken too long."""
        client: Any = self
        left = self.ends_at - monotonic()
        if left <= 0:
            client.close()
            raise TimeoutError
        client.sock.settimeout(min(TIMEOUT_SECONDS, left))
        answer: tuple[int, bytes] = super().getreply()  # type: ignore[misc]
        return answer


class _Client(_InTime, smtplib.SMTP):
    """In the clear, at least to begin with."""


class _EncryptedClient(_InTime, smtplib.SMTP_SSL):
    """Encrypted from the first byte."""


class Refused(Exception):
    """The server will never take mail for this recipient; the argument is its reply code."""


@dataclass(frozen=True)
class Server:
    """Where mail is handed over: `smtp://`, `smtp+starttls://` or `smtps://`, with user and password where needed."""

    scheme: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)

    @classmethod
    def parse(cls, url: str) -> "Server":
        """`smtp+starttls://user:secret@mail.example.org:587`; `ValueError` for any other shape."""
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError(f"must begin with {', '.join(PORTS)} and name a host")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.scheme, parts.hostname, parts.port or PORTS[parts.scheme], user, password)

    @contextmanager
    def conversation(self, greeting: str) -> Iterator["Conversation"]:
        """Mails for the server, which is greeted as the host `greeting`, within the time for a conversation."""
        conversation = Conversation(self, greeting, monotonic() + CONVERSATION_SECONDS)
        try:
            yield conversation
            conversation.say_goodbye()
        finally:
            conversation.hang_up()


@dataclass
class Conversation:
    """Mails handed over one after the other, over one connection for as long as it serves."""

    server: Server
    greeting: str
    ends_at: float
    client: smtplib.SMTP | None = None

    @property
    def is_over(self) -> bool:
        """Whether there is no time for another mail."""
        return monotonic() >= self.ends_at

    def hand_over(self, mail: Message) -> None:
        """Give a mail to the server.

        Raises `Refused` when the server will never take it for this recipient, `smtplib.SMTPException` or `OSError`
        when another try may do better.
        """
        self.client = self.client or self._connect()
        try:
            self.client.send_message(mail)
        except smtplib.SMTPRecipientsRefused as refusal:
            codes = [code for code, _ in refusal.recipients.values()]
            if all(code >= 500 for code in codes):
                raise Refused(codes[0]) from None
            self.hang_up()
            raise
        except BaseException:
            self.hang_up()
            raise

    def say_goodbye(self) -> None:
        """End politely, if the server still listens."""
        if self.client is not None:
            with suppress(smtplib.SMTPException, OSError):
                self.client.quit()

    def hang_up(self) -> None:
        """Close the connection; the next mail opens another."""
        if self.client is not None:
            self.client.close()
            self.client = None

    def _connect(self) -> smtplib.SMTP:
        server, secured = self.server, ssl.create_default_context() if self.server.scheme != "smtp" else None
        timeout = max(0.1, min(TIMEOUT_SECONDS, self.ends_at - monotonic()))
        where = (self.ends_at, server.host, server.port, self.greeting)
        if server.scheme == "smtps":
            client: smtplib.SMTP = _EncryptedClient(*where, timeout=timeout, context=secured)
        else:
            client = _Client(*where, timeout=timeout)
        try:
            if server.scheme == "smtp+starttls":
                client.starttls(context=secured)
            if server.user:
                client.login(server.user, server.password)
        except BaseException:
            client.close()
            raise
        return client
