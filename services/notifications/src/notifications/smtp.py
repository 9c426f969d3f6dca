"""Handing a mail to a mail server."""

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from time import monotonic
from typing import Any
from urllib.parse import unquote, urlsplit

TIMEOUT_SECONDS = 10
"""For each step of the conversation."""
CONVERSATION_SECONDS = 20
"""For all of it, so that a lease on the mail may be short."""
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class _InTime:
    """A conversation that ends in time, however slow each single answer is."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.ends_at = monotonic() + CONVERSATION_SECONDS
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

    def hand_over(self, mail: EmailMessage, greeting: str) -> None:
        """Give the mail to the server, greeting it as the host `greeting`.

        Raises `Refused` when the server will never take it for this recipient, `smtplib.SMTPException` or `OSError`
        when another try may do better.
        """
        client = self._connect(greeting)
        try:
            if self.user:
                client.login(self.user, self.password)
            client.send_message(mail)
        except smtplib.SMTPRecipientsRefused as refusal:
            codes = [code for code, _ in refusal.recipients.values()]
            if all(code >= 500 for code in codes):
                raise Refused(codes[0]) from None
            raise
        else:
            with suppress(smtplib.SMTPException, OSError):
                client.quit()
        finally:
            client.close()

    def _connect(self, greeting: str) -> smtplib.SMTP:
        if self.scheme == "smtps":
            return _EncryptedClient(
                self.host, self.port, greeting, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
            )
        client = _Client(self.host, self.port, greeting, timeout=TIMEOUT_SECONDS)
        if self.scheme == "smtp+starttls":
            try:
                client.starttls(context=ssl.create_default_context())
            except BaseException:
                client.close()
                raise
        return client
