from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain import letters
from notifications.domain.letters import Recipient, Sender
from notifications.domain.texts import Text

PARENT = Recipient("anna@example.org", "Анна Ивановна Примерова")
SENDER = Sender("Навигатор", "no-reply@example.org")
AT = datetime(2026, 11, 22, 3, tzinfo=UTC)
UNICODE = st.characters(exclude_categories=["Cs"])
DELIVERY_ID = "7c1d2f0e-5a53-5a0c-9d5e-0d8e7f1f2a3b"


def test_a_notice_greets_by_name_and_leads_to_the_portal() -> None:
    text = letters.notice(Text("Тема", "Текст."), PARENT, "https://p38.example.org")
    assert text.subject == "Тема"
    assert text.body.startswith("Здравствуйте, Анна Ивановна Примерова!\n\nТекст.\n")
    assert "https://p38.example.org\n" in text.body


def test_the_confirmation_has_a_link_and_the_bare_code_on_a_line_of_its_own() -> None:
    body = letters.confirmation("a+b/c=", PARENT, "https://p38.example.org").body
    assert "\nhttps://p38.example.org/confirm?token=a%2Bb%2Fc%3D\n" in body
    assert "\nКод подтверждения: a+b/c=\n" in body


@given(st.text(min_size=1), st.text(UNICODE, min_size=1, max_size=80), st.text(UNICODE, min_size=1, max_size=200))
def test_whatever_name_and_subject_are_they_add_no_header(name: str, subject: str, body: str) -> None:
    recipient = Recipient("anna@example.org", name.encode("utf-8", "replace").decode())
    mail = letters.letter(Text(subject, body), SENDER, recipient, DELIVERY_ID, AT)
    read = message_from_bytes(mail.as_bytes(), policy=policy.SMTP)
    assert sorted(read.keys()) == sorted(mail.keys())
    assert [address.addr_spec for address in read["To"].addresses] == ["anna@example.org"]


def test_an_address_with_a_russian_domain_is_written_as_mail_servers_know_it() -> None:
    mail = letters.letter(Text("Тема", "Текст."), SENDER, Recipient("anna@пример.рф", "Анна"), DELIVERY_ID, AT)
    assert message_from_bytes(mail.as_bytes(), policy=policy.SMTP)["To"].addresses[0].addr_spec == (
        "anna@xn--e1afmkfd.xn--p1ai"
    )


def test_a_long_name_and_a_long_subject_are_folded_as_mail_servers_want_it() -> None:
    recipient = Recipient("anna@example.org", "Анна-Мария " * 18 + "Примерова")
    subject = "Робототехника и программирование " * 6
    mail = letters.letter(Text(subject, "Текст."), SENDER, recipient, DELIVERY_ID, AT)
    assert max(map(len, mail.as_bytes().split(b"\n"))) <= 78
    read = message_from_bytes(mail.as_bytes())
    assert str(make_header(decode_header(read["Subject"]))) == subject.strip()
    assert str(make_header(decode_header(read["To"]))) == f"{recipient.full_name} <anna@example.org>"


def test_the_mail_is_plain_utf8_text_that_reads_back() -> None:
    mail = letters.letter(Text("Списано 82,50 ₽", "Текст с ₽ и «кавычками».\n"), SENDER, PARENT, DELIVERY_ID, AT)
    read = message_from_bytes(mail.as_bytes(), policy=policy.default)
    assert read["Subject"] == "Списано 82,50 ₽"
    assert read["From"].addresses[0].display_name == "Навигатор"
    assert read.get_content_type() == "text/plain"
    assert read.get_content_charset() == "utf-8"
    assert read.get_content() == "Текст с ₽ и «кавычками».\n"
    assert read["Auto-Submitted"] == "auto-generated"


def test_the_message_id_follows_from_the_delivery() -> None:
    mails = [letters.letter(Text("Тема", body), SENDER, PARENT, DELIVERY_ID, AT) for body in ("раз", "два")]
    assert [mail["Message-ID"] for mail in mails] == [f"<{DELIVERY_ID}@example.org>"] * 2


def test_a_sender_is_a_name_and_an_address() -> None:
    assert Sender.parse("Навигатор <no-reply@example.org>") == SENDER
    assert Sender.parse(str(SENDER)) == SENDER
    assert Sender.parse("no-reply@example.org") == Sender("", "no-reply@example.org")
    for wrong in ("", "Навигатор", "no-reply@", "@example.org"):
        with pytest.raises(ValueError, match="mail address"):
            Sender.parse(wrong)
