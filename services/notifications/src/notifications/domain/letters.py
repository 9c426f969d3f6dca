"""Mails: the plain text around a message, and the mail that confirms an address."""

from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.mime.text import MIMEText
from email.utils import format_datetime, parseaddr
from urllib.parse import quote

from notifications.domain.texts import Text

CONFIRMATION_SUBJECT = "Подтвердите адрес электронной почты"


@dataclass(frozen=True)
class Recipient:
    """Whom a mail goes to; known only while it is being sent."""

    email: str
    full_name: str


@dataclass(frozen=True)
class Sender:
    """Whom mails come from."""

    name: str
    email: str

    @classmethod
    def parse(cls, text: str) -> "Sender":
        """`Навигатор <no-reply@example.org>`; `ValueError` when it holds no address."""
        name, email = parseaddr(text)
        local, _, domain = email.partition("@")
        if not local or not domain:
            raise ValueError("must be a mail address such as Навигатор <no-reply@example.org>")
        return cls(name, email)

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"

    @property
    def domain(self) -> str:
        """The part after the @."""
        return self.email.partition("@")[2]


def notice(text: Text, recipient: Recipient, portal_url: str) -> Text:
    """A message from the inbox as a mail."""
    return Text(
        text.subject,
        f"Здравствуйте, {recipient.full_name}!\n\n{text.body}\n\n"
        f"Это сообщение есть и в вашем личном кабинете: {portal_url}\n"
        "Отвечать на это письмо не нужно.\n",
    )


def confirmation(token: str, recipient: Recipient, portal_url: str) -> Text:
    """The mail that proves that an address is its owner's: a link, and the same code on a line of its own."""
    return Text(
        CONFIRMATION_SUBJECT,
        f"Здравствуйте, {recipient.full_name}!\n\n"
        "Вы зарегистрировались в Навигаторе дополнительного образования. Чтобы подтвердить адрес, откройте ссылку:\n\n"
        f"{portal_url}/confirm?token={quote(token, safe='')}\n\n"
        f"Код подтверждения: {token}\n\n"
        "Если вы не регистрировались, ничего не делайте: без подтверждения кабинет не откроется.\n",
    )


def letter(text: Text, sender: Sender, recipient: Recipient, delivery_id: str, at: datetime) -> MIMEText:
    """The mail itself. Its Message-ID follows from the delivery, so that a repeat is recognised as one.

    `EmailMessage` writes the same headers six times as slowly. `ValueError` for an address that no mail can have.
    """
    mail = MIMEText(text.body, "plain", "utf-8")
    mail["From"] = _mailbox(sender.name, sender.email)
    mail["To"] = _mailbox(recipient.full_name, recipient.email)
    mail["Subject"] = _words(text.subject, after="Subject")
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{delivery_id}@{sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = "ru"
    return mail


def _mailbox(name: str, email: str) -> str:
    local, _, domain = email.rpartition("@")
    address = Address(addr_spec=f"{local}@{domain.encode('idna').decode()}")
    return f"{_words(name)} <{address}>" if name.strip() else str(address)


def _words(text: str, after: str = "") -> str:
    """The text as encoded words, folded as what comes after a header's name."""
    return Header(" ".join(text.split()), "utf-8", header_name=after or None).encode()
