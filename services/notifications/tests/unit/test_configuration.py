import pytest

from notifications.settings import portal
from notifications.smtp import Server


def test_a_mail_server_is_named_by_a_url() -> None:
    assert Server.parse("smtp://127.0.0.1:1025") == Server("smtp", "127.0.0.1", 1025, "", "")
    assert Server.parse("smtps://mail.example.org") == Server("smtps", "mail.example.org", 465, "", "")
    with_login = Server.parse("smtp+starttls://box%40example.org:p%3Aw@mail.example.org")
    assert with_login == Server("smtp+starttls", "mail.example.org", 587, "box@example.org", "p:w")


@pytest.mark.parametrize("url", ["", "mail.example.org:25", "http://mail.example.org", "smtp://", "smtp://host:port"])
def test_any_other_shape_is_refused(url: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        Server.parse(url)


def test_the_portal_is_a_web_address_without_a_slash_at_its_end() -> None:
    assert portal("https://p38.example.org/") == "https://p38.example.org"
    assert portal("http://127.0.0.1:8000") == "http://127.0.0.1:8000"
    for wrong in ("", "p38.example.org", "ftp://p38.example.org", "https://p38.example.org/?a=1"):
        with pytest.raises(ValueError, match="web address"):
            portal(wrong)
