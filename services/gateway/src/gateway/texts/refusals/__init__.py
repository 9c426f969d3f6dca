"""Titles by status, and the wording of each code that any service can answer with."""

from gateway.texts.refusals.accounts import ACCOUNTS
from gateway.texts.refusals.billing import BILLING
from gateway.texts.refusals.catalog import CATALOG, PUBLISHING
from gateway.texts.refusals.certificates import CERTIFICATES
from gateway.texts.refusals.enrollment import ENROLLMENT, JOURNAL
from gateway.texts.refusals.requests import ACCESS, REQUESTS, UNAVAILABLE
from gateway.texts.refusals.within import BETWEEN_SERVICES
from gateway.texts.wording import Wordings

TITLES: dict[int, tuple[str, str]] = {
    400: ("Запрос составлен неверно", "The request is malformed"),
    401: ("Нужно войти", "Sign-in is needed"),
    403: ("Нет прав", "Not allowed"),
    404: ("Не найдено", "Not found"),
    405: ("Метод не поддерживается", "Method not allowed"),
    408: ("Запрос пришёл не целиком", "The request did not arrive in time"),
    409: ("Сейчас это невозможно", "Not possible now"),
    412: ("Страница уже изменилась", "The page has changed meanwhile"),
    413: ("Слишком большой запрос", "The request is too large"),
    414: ("Слишком длинный адрес", "The address is too long"),
    415: ("Неподдерживаемый тип содержимого", "Unsupported content type"),
    422: ("Правила этого не допускают", "The rules do not allow it"),
    431: ("Слишком длинные заголовки", "The headers are too long"),
    500: ("Ошибка на нашей стороне", "An error on our side"),
    503: ("Сервис временно недоступен", "Temporarily unavailable"),
}
GROUPS: dict[str, Wordings] = {
    "Requests": REQUESTS,
    "Access": ACCESS,
    "Accounts, children, claims": ACCOUNTS,
    "Catalogue, groups, providers": CATALOG,
    "Offers, money, contracts, messages": BILLING,
    "Applications and enrolments": ENROLLMENT,
    "Lessons and attendance": JOURNAL,
    "Certificates": CERTIFICATES,
    "Unavailable": UNAVAILABLE,
}
"""What a request may be refused with."""
WITHIN: Wordings = {**PUBLISHING, **BETWEEN_SERVICES}
"""What none is refused with: no route publishes the catalogue, and services refuse each other things."""
REFUSALS: Wordings = {code: wording for group in GROUPS.values() for code, wording in group.items()} | WITHIN
