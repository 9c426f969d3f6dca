"""One family's way through the suite, in both regions, over HTTP and mail alone.

Knows one address and one mailbox: KRUZHOK_URL (http://127.0.0.1:8000) and KRUZHOK_MAIL (a Maildir). Prints each step;
ends with 1 and the step's name as soon as one is not as promised. Needs `requests` and nothing of the suite's code.
"""

import os
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from time import monotonic
from zoneinfo import ZoneInfo

from client import Api, Json, Mailbox, PromiseBroken, ensure, minor, money, named_in, until

DEMO_PASSWORD = "kruzhok-demo-2026"
PASSWORD = "проверочный пароль семьи"
MONEY_SECONDS, CERTIFICATE_SECONDS = 10, 5
KINDS = {
    "credit": "зачисление", "hold": "резерв", "release": "снятие резерва", "debit": "списание",
    "reversal": "возврат списания", "returned": "возврат в бюджет", "carried_in": "перенесено",
    "carried_out": "перенесено дальше",
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where a family lives and what it looks for."""

    region_code: str
    municipality_code: str
    programme: str
    guardian: str
    child: Json


PLACES = (
    Place("05", "82654000", "Вольная борьба каждый день", "Джамиля Примерова",
          {"family_name": "Примеров", "given_name": "Расул"}),
    Place("38", "25701000", "Робототехника каждый день", "Елена Примерова",
          {"family_name": "Примерова", "given_name": "Полина", "patronymic": "Игоревна"}),
)  # fmt: skip


@dataclass
class Journey:
    """One family in one region; each step keeps what the next ones need and returns a line to show."""

    url: str
    mail: str
    place: Place
    email: str = field(default_factory=lambda: f"family-{uuid.uuid4().hex[:12]}@example.org")
    known: Json = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.family, self.teacher = Api(self.url), Api(self.url)
        self.letters = Mailbox(self.mail, self.email)

    @property
    def certificate_path(self) -> str:
        """Where the certificate's page is."""
        return f"/children/{self.known['child']['child_id']}/certificate"

    def choose_region(self) -> str:
        """The region knows its words and sites."""
        regions = {region["region_code"]: region for region in self.family.get("/regions")["items"]}
        self.known["region"] = region = regions[self.place.region_code]
        return f"{region['name']}, {region['financing_term']}; сайты: {', '.join(region['hosts'])}"

    def register(self) -> str:
        """A person asks for an account."""
        account = {"email": self.email, "password": PASSWORD, "full_name": self.place.guardian,
                   "region_code": self.place.region_code, "consent": True}  # fmt: skip
        self.family.post("/registrations", account, 202)
        return f"{self.place.guardian}, {self.email}"

    def confirm(self) -> str:
        """The token of the mail opens the account."""
        letter = self.letters.find(lambda text: "confirm?token=" in text, "письмо с подтверждением")
        token = re.search(r"Код подтверждения: (\S+)", letter)
        ensure(token is not None, "в письме нет кода")
        self.family.post("/email-confirmations", {"token": token[1] if token else ""}, 200)
        return letter.splitlines()[0]

    def sign_in(self) -> str:
        """The family is itself from here on."""
        self.family.sign_in(self.email, PASSWORD)
        me = self.family.get("/me")
        ensure(me["role"] == "guardian" and me["email"] == self.email, "вход не под той учётной записью")
        return f"{me['full_name']}, роль {me['role']}"

    def add_child(self) -> str:
        """A child that nobody registered before."""
        letters = "абвгдежиклмнопрст"
        unique = "".join(letters[int(digit, 16)] for digit in uuid.uuid4().hex[:8])
        self.born_on = date(date.today().year - 10, 1, 15)
        child = {**self.place.child, "family_name": f"{self.place.child['family_name']}-{unique.capitalize()}",
                 "born_on": self.born_on.isoformat(), "municipality_code": self.place.municipality_code}  # fmt: skip
        self.known["child"] = self.family.post("/children", child, 201)
        return f"{child['given_name']} {child['family_name']}, {self.born_on:%d.%m.%Y}"

    def search(self) -> str:
        """The programme, and a group that admits at once."""
        filters = {"q": self.place.programme, "municipality_code": self.place.municipality_code, "age": 10}
        found = [item for item in self.family.get("/programmes", **filters)["items"]
                 if item["title"] == self.place.programme]  # fmt: skip
        ensure(bool(found), f"в каталоге нет программы «{self.place.programme}»")
        programme = self.family.get(f"/programmes/{found[0]['programme_id']}")
        groups = [group for group in programme["groups"] if group["admission"] == "instant" and group["places_free"]]
        ensure(bool(groups), "нет группы со свободными местами и мгновенным зачислением")
        self.known["group"] = group = groups[0]
        return f"«{programme['title']}», {group['provider_name']}, свободно {group['places_free']}"

    def ask_offer(self) -> str:
        """What the certificate would pay and what the family."""
        asked = {"child_id": self.known["child"]["child_id"], "group_id": self.known["group"]["group_id"]}
        self.known["offer"] = offer = self.family.post("/offers", asked, 201)
        ensure(
            minor(offer["certificate_share"]) + minor(offer["parent_share"]) == minor(offer["price"]),
            "доли предложения не складываются в цену",
        )
        return (f"цена {money(offer['price'])}: сертификат {money(offer['certificate_share'])}, "
                f"семья {money(offer['parent_share'])}, за занятие {money(offer['per_lesson'])}")  # fmt: skip

    def apply(self) -> str:
        """The offer is accepted; the child is enrolled at once."""
        asked = {name: self.known["offer"][name] for name in ("child_id", "group_id", "offer_id")}
        self.known["application"] = application = self.family.post("/applications", asked, 201)
        self.applied_at = monotonic()
        ensure(application["status"] == "enrolled", f"статус {application['status']}, а не enrolled")
        return "зачислен сразу"

    def receive_certificate(self) -> str:
        """The certificate comes by itself."""
        page = until("сертификат", lambda: self.family.find(self.certificate_path), CERTIFICATE_SECONDS)
        took = monotonic() - self.applied_at
        number = page["number"]
        ensure(bool(re.fullmatch(self.place.region_code + r"\d{8}", number)), f"неверный номер {number}")
        return f"№ {number}, выдан сам через {took * 1000:.0f} мс"

    def receive_money(self) -> str:
        """The nominal is credited, the share held."""

        def funded() -> Json | None:
            page = self.family.get(self.certificate_path)
            return page if page["state"] == "funded" and minor(page["held"]) else None

        page = until("номинал и резерв", funded, MONEY_SECONDS)
        took = monotonic() - self.applied_at
        ensure(minor(page["credited"]) == minor(page["nominal"]) > 0, "зачислен не номинал")
        ensure(page["held"] == self.known["offer"]["certificate_share"], "в резерве не доля сертификата")
        return f"зачислено {money(page['credited'])}, в резерве {money(page['held'])} через {took * 1000:.0f} мс"

    def see_contract(self) -> str:
        """The contract is active."""
        path = f"/applications/{self.known['application']['application_id']}"

        def active() -> Json | None:
            contract = self.family.get(path)["contract"]
            return contract if contract and contract["state"] == "active" else None

        self.known["contract"] = contract = until("договор", active, MONEY_SECONDS)
        return f"действует, доля сертификата {money(contract['certificate_share'])}"

    def mark_lesson(self) -> str:
        """The teacher marks the child present today."""
        self.teacher.sign_in(f"teacher{self.place.region_code}@example.org", DEMO_PASSWORD)
        today = datetime.now(ZoneInfo(self.known["region"]["time_zone"])).date()
        lessons = f"/provider/groups/{self.known['group']['group_id']}/lessons"
        found = self.teacher.get(lessons, on=today.isoformat())["items"]
        ensure(bool(found), f"в группе нет занятия {today:%d.%m.%Y}")
        path, ours = f"/provider/lessons/{found[0]['lesson_id']}", self.known["application"]["application_id"]
        roster = self.teacher.get(path)["roster"]
        ensure(any(line["enrollment_id"] == ours for line in roster), "ребёнка нет на странице занятия")
        page = self.teacher.put(f"{path}/attendance", {"marks": [{"enrollment_id": ours, "mark": "present"}]})
        self.marked_at = monotonic()
        line = next(line for line in page["roster"] if line["enrollment_id"] == ours)
        ensure(line["mark"] == "present", "отметка не записана")
        return f"{today:%d.%m.%Y}, {line['given_name'] or 'имя ещё не дошло'}: присутствие"

    def see_debit(self) -> str:
        """The lesson is debited, to the kopeck."""

        def debited() -> Json | None:
            operations = self.family.get(f"{self.certificate_path}/operations", limit=100)["items"]
            return next((operation for operation in operations if operation["kind"] == "debit"), None)

        self.known["debit"] = debit = until("списание", debited, MONEY_SECONDS)
        took = monotonic() - self.marked_at
        expected = minor(self.known["contract"]["certificate_share"]) // self.known["offer"]["lesson_count"]
        ensure(abs(minor(debit["amount"])) == expected, f"списано {money(debit['amount'])}, а не {expected} коп.")
        return f"{money(debit['amount'])} через {took * 1000:.0f} мс: {debit['explanation']}"

    def check_identity(self) -> str:
        """Every kopeck of the certificate is somewhere."""
        page = self.known["certificate"] = self.family.get(self.certificate_path)
        came = minor(page["credited"]) + minor(page["carried_in"])
        parts = ("balance", "held", "spent", "returned", "carried_out")
        ensure(came == sum(minor(page[name]) for name in parts), "деньги сертификата не сходятся")
        debited = abs(minor(self.known["debit"]["amount"]))
        ensure(minor(page["spent"]) == debited, "потрачено не столько, сколько списано")
        shown = zip(("доступно", "в резерве", "потрачено"), parts, strict=False)
        return f"{money(page['credited'])} = " + " + ".join(f"{word} {money(page[name])}" for word, name in shown)

    def read_notice(self) -> str:
        """The family is told what, why and how much is left, in the inbox and by mail."""
        sums = (self.known["debit"]["amount"], self.known["certificate"]["balance"])

        def fits(text: str) -> bool:
            return text.startswith("Списано") and all(named_in(text, amount) for amount in sums)

        def notice() -> str | None:
            messages = self.family.get("/messages", limit=100)["items"]
            texts = (f"{message['subject']}\n{message['text']}" for message in messages)
            return next((text for text in texts if fits(text)), None)

        found = until("сообщение о списании", notice, MONEY_SECONDS)
        self.letters.find(fits, "письмо о списании")
        return found.splitlines()[-1]

    def show_statement(self) -> str:
        """All movements, oldest first."""
        zone = ZoneInfo(self.known["region"]["time_zone"])
        operations = self.family.get(f"{self.certificate_path}/operations", limit=100)["items"]
        print(f"\n     {'Когда':16}  {'Что':16}  {'Сумма':>14}  {'Остаток':>14}  Почему")
        for each in reversed(operations):
            at = datetime.fromisoformat(each["occurred_at"]).astimezone(zone)
            print(f"     {at:%d.%m.%Y %H:%M}  {KINDS[each['kind']]:16}  {money(each['amount']):>14}  "
                  f"{money(each['balance_after']):>14}  {each['explanation']}")  # fmt: skip
        return f"выписка сертификата № {self.known['certificate']['number']}"


STEPS: tuple[tuple[str, Callable[[Journey], str]], ...] = (
    ("Регион", Journey.choose_region),
    ("Регистрация", Journey.register),
    ("Подтверждение адреса", Journey.confirm),
    ("Вход", Journey.sign_in),
    ("Ребёнок", Journey.add_child),
    ("Поиск в каталоге", Journey.search),
    ("Предложение", Journey.ask_offer),
    ("Заявка", Journey.apply),
    ("Сертификат", Journey.receive_certificate),
    ("Деньги", Journey.receive_money),
    ("Договор", Journey.see_contract),
    ("Отметка педагога", Journey.mark_lesson),
    ("Списание", Journey.see_debit),
    ("Счёт сходится", Journey.check_identity),
    ("Уведомление", Journey.read_notice),
    ("Выписка", Journey.show_statement),
)


def play(journey: Journey) -> None:
    """All steps in order; `SystemExit` with the name of the one that failed."""
    for number, (title, step) in enumerate(STEPS, 1):
        try:
            print(f" {number:>2}. {title}: {step(journey)}", flush=True)
        except Exception as error:
            reason = str(error) if isinstance(error, PromiseBroken) else f"{type(error).__name__}: {error}"
            raise SystemExit(f"Регион {journey.place.region_code}, шаг «{title}» не удался. {reason}") from error


def main() -> None:
    """Both regions, one after the other."""
    url = os.environ.get("KRUZHOK_URL", "http://127.0.0.1:8000")
    mail = os.environ.get("KRUZHOK_MAIL")
    if not mail:
        raise SystemExit("KRUZHOK_MAIL не задан: нужна папка Maildir, куда приходят письма.")
    for place in PLACES:
        print(f"\nРегион {place.region_code}: путь одной семьи через {url}")
        play(Journey(url, mail, place))


if __name__ == "__main__":
    main()
