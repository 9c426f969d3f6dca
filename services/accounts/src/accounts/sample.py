"""`python -m accounts sample`: the demo accounts of every role in both regions. Running it again changes nothing.

The password is in the README for everybody to read, so this refuses to run anywhere but locally and in tests.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from accounts import passwords
from accounts.domain import consents
from accounts.models import Account, Login, Registration
from accounts.settings import Settings
from chassis import clock, database

PASSWORD = "kruzhok-demo-2026"  # noqa: S105 published on purpose
ENVIRONMENTS = ("local", "test")
_NAMES = {
    ("38", "guardian"): "Примерова Анна Ивановна",
    ("38", "teacher"): "Образцова Вера Павловна",
    ("38", "provider"): "Выдумкин Олег Сергеевич",
    ("38", "municipality"): "Небылицын Пётр Львович",
    ("38", "region"): "Сказкина Ольга Юрьевна",
    ("05", "guardian"): "Примеров Ахмед Исаевич",
    ("05", "teacher"): "Образцова Патимат Алиевна",
    ("05", "provider"): "Выдумов Магомед Расулович",
    ("05", "municipality"): "Небылицын Руслан Каримович",
    ("05", "region"): "Сказкина Зарема Умаровна",
}
_PROVIDER_NUMBER = 1
_NUMBERS = {"teacher": 2, "guardian": 3, "municipality": 4, "region": 5, "provider": 6}
_PROVIDER_ROLES = ("teacher", "provider")
_MUNICIPALITIES = {"38": "25701000", "05": "82654000"}


@dataclass(frozen=True)
class DemoAccount:
    """An invented person with an account."""

    region_code: str
    role: str

    @property
    def full_name(self) -> str:
        """Invented."""
        return _NAMES[self.region_code, self.role]

    @property
    def email(self) -> str:
        """An address in a domain that exists for examples only."""
        return f"{self.role}{self.region_code}@example.org"

    @property
    def provider_id(self) -> str | None:
        """The sample provider of the region, the same in the catalogue's sample."""
        return sample_id(self.region_code, _PROVIDER_NUMBER) if self.role in _PROVIDER_ROLES else None

    @property
    def municipality_code(self) -> str | None:
        """Irkutsk, or Khasavyurt district."""
        return _MUNICIPALITIES[self.region_code] if self.role == "municipality" else None

    @property
    def user_id(self) -> str:
        """Fixed, so that other services' samples may name teachers."""
        return sample_id(self.region_code, _NUMBERS[self.role])


ACCOUNTS = tuple(DemoAccount(region_code, role) for region_code, role in _NAMES)


def sample_id(region_code: str, number: int) -> str:
    """An id that every service's sample data agrees on."""
    return f"{region_code}000000-0000-4000-8000-{number:012d}"


def main(settings: Settings) -> None:
    """Make the demo accounts that are missing."""
    if settings.environment not in ENVIRONMENTS:
        raise SystemExit("Demo accounts have a published password: only KRUZHOK_ENV=local or test may have them.")
    engine = database.create(settings.database_url, "accounts.sample", pool_size=1)
    with database.Transactions(engine).writing() as session:
        added = sum(add(session, account) for account in ACCOUNTS)
    engine.dispose()
    print(f"accounts: {added} demo accounts added, {len(ACCOUNTS) - added} were there")  # noqa: T201 a command's output


def add(session: Session, demo: DemoAccount) -> bool:
    """Add one account, confirmed and with its consent. False when it is there."""
    now, region_code = clock.now(), demo.region_code
    if session.get(Account, (region_code, demo.user_id)) is not None:
        return False
    account = Account(
        region_code=region_code,
        user_id=demo.user_id,
        role=demo.role,
        full_name=demo.full_name,
        password_hash=passwords.hash_of(PASSWORD),
        provider_id=demo.provider_id,
        municipality_code=demo.municipality_code,
        version=1,
        created_at=now,
        confirmed_at=now,
    )
    session.add(account)
    session.flush()
    session.add(Login(email=demo.email, region_code=region_code, user_id=demo.user_id))
    session.add(
        Registration(
            region_code=region_code,
            registration_id=demo.user_id,
            user_id=demo.user_id,
            full_name=demo.full_name,
            consent_version=consents.CURRENT.version,
            consent_text_sha256=consents.CURRENT.text_sha256,
            consented_at=now,
        )
    )
    return True
