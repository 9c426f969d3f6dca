"""What this service reads from the environment."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import chassis.settings
from chassis.settings import setting
from notifications.domain.letters import Sender
from notifications.smtp import Server


def portal(url: str) -> str:
    """The portal's address without a slash at its end; `ValueError` when it is no web address."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be a web address such as https://p38.example.org")
    return url.rstrip("/")


@dataclass(frozen=True)
class Settings(chassis.settings.Settings):
    """Where mail goes out, whom it comes from, and where its links lead."""

    smtp: Server = setting(
        "NOTIFICATIONS_SMTP_URL",
        "Mail server: smtp://, smtp+starttls:// or smtps://, with user:password@ where needed.",
        parse=Server.parse,
        secret=True,
    )
    portal_url: str = setting("NOTIFICATIONS_PORTAL_URL", "Address of the portal that mails link to.", parse=portal)
    sender: Sender = setting(
        "NOTIFICATIONS_FROM",
        "Whom mails come from.",
        parse=Sender.parse,
        default=Sender("Навигатор", "no-reply@example.org"),
    )
