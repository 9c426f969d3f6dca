"""Accounts: people, their sessions, and which child belongs to which guardian."""

from marshmallow import fields, validate

from contracts.base import PUBLIC, Event, Method, Strict
from contracts.fields import Code, Id, Instant, Municipality, Region, Text, Written

SERVICE = "accounts"
GUARDIAN, TEACHER, PROVIDER, MUNICIPALITY, REGION = "guardian", "teacher", "provider", "municipality", "region"
ROLES = (GUARDIAN, TEACHER, PROVIDER, MUNICIPALITY, REGION)
EVERYONE = frozenset(ROLES)
PUPIL_IDS_MAX = 100
CLAIM_STATES = ("open", "approved", "rejected", "another_child")


class GuardianRegistered(Strict):
    """A guardian has registered and waits for the confirmation of the e-mail address."""

    guardian_id = Id(required=True)


class ChildRegistered(Strict):
    """A child is known to the region; internal, since it holds a birth date."""

    child_id = Id(required=True)
    guardian_ids = fields.List(Id(), required=True, validate=validate.Length(min=1))
    born_on = fields.Date(required=True)
    municipality_code = Municipality(required=True)
    payer_code = fields.String(required=True, validate=Written(r"^\d{2}$"))
    time_zone = Text(required=True)


class ChildChanged(ChildRegistered):
    """The child's guardians, birth date or municipality changed; the whole child as it is now."""


GUARDIAN_REGISTERED = Event(SERVICE, "accounts.guardian.registered.v1", GuardianRegistered)
CHILD_REGISTERED = Event(SERVICE, "accounts.child.registered.v1", ChildRegistered)
CHILD_CHANGED = Event(SERVICE, "accounts.child.changed.v1", ChildChanged)
EVENTS = (GUARDIAN_REGISTERED, CHILD_REGISTERED, CHILD_CHANGED)


class Registration(Strict):
    """A person who wants to become a guardian with an account in a region."""

    email = fields.Email(required=True, validate=validate.Length(max=254), metadata={"example": "anna@example.org"})
    password = Text(required=True, shortest=8, longest=128, load_only=False)
    full_name = Text(required=True, longest=200, metadata={"example": "Анна Ивановна Примерова"})
    region_code = Region(required=True)
    consent = fields.Boolean(
        required=True,
        validate=validate.Equal(True, error="Consent to the processing of personal data is needed."),
        metadata={"description": "Consent to the processing of personal data, in its current version."},
    )


class Accepted(Strict):
    """The request was taken; what happens next arrives by mail."""

    status = Code(required=True, one_of=("confirmation_sent",))


class EmailConfirmation(Strict):
    """The token from the confirmation mail."""

    token = Text(required=True, longest=200)


class Confirmed(Strict):
    """The address is confirmed and the account may sign in."""

    status = Code(required=True, one_of=("confirmed",))


class Credentials(Strict):
    """What a person signs in with."""

    email = fields.Email(required=True, validate=validate.Length(max=254))
    password = Text(required=True, shortest=1, longest=128)


class RefreshToken(Strict):
    """A refresh token; it is used up by the call."""

    refresh_token = Text(required=True, longest=200)


class Session(Strict):
    """A short access token (`Authorization: Bearer …`) and the refresh token that follows it."""

    access_token = fields.String(required=True)
    token_type = Code(required=True, one_of=("Bearer",))
    expires_in = fields.Integer(required=True, metadata={"description": "Seconds."})
    refresh_token = fields.String(required=True)


class Nothing(Strict):
    """No fields."""


class Person(Strict):
    """The account behind the token."""

    user_id = Id(required=True)
    email = fields.Email(required=True)
    full_name = Text(required=True)
    role = Code(required=True, one_of=ROLES)
    region_code = Region(required=True)
    provider_id = Id(allow_none=True)
    municipality_code = Municipality(allow_none=True)


class NewChild(Strict):
    """A child whom its guardian registers."""

    family_name = Text(required=True, longest=100, metadata={"example": "Примерова"})
    given_name = Text(required=True, longest=100, metadata={"example": "Мария"})
    patronymic = Text(longest=100, allow_none=True)
    born_on = fields.Date(required=True, metadata={"example": "2016-04-12"})
    municipality_code = Municipality(required=True)
    snils = fields.String(
        allow_none=True,
        validate=Written(r"^\d{3}-\d{3}-\d{3} \d{2}$", error="Like 112-233-445 95."),
        metadata={"description": "Insurance number; kept encrypted, shown with its last two digits only."},
    )


class Child(Strict):
    """A child as its guardian sees it."""

    child_id = Id(required=True)
    family_name = Text(required=True)
    given_name = Text(required=True)
    patronymic = Text(allow_none=True)
    born_on = fields.Date(required=True)
    municipality_code = Municipality(required=True)
    snils_ending = fields.String(allow_none=True, metadata={"example": "95"})
    registered_at = Instant(required=True)


class Claim(Strict):
    """A second registration of a child that is known already: whether its author is a guardian too is to be decided."""

    claim_id = Id(required=True)
    state = Code(required=True, one_of=CLAIM_STATES)
    born_on = fields.Date(required=True)
    municipality_code = Municipality(required=True)
    claimed_at = Instant(required=True)
    decided_at = Instant(allow_none=True, required=True)
    child_id = Id(
        allow_none=True,
        metadata={"description": "Once the claim is approved, or once its child is registered as another one."},
    )


class MyClaims(Strict):
    """The caller's own claims, newest first."""

    items = fields.List(fields.Nested(Claim), required=True)
    next_cursor = fields.String(allow_none=True, required=True)


class ClaimToDecide(Claim):
    """A claim as the deciding municipality sees it: what was sent, beside what is known."""

    claimant_name = Text(required=True)
    claimed_name = Text(required=True, longest=320)
    known_name = Text(required=True, longest=320)
    known_born_on = fields.Date(required=True)
    known_guardian_names = fields.List(Text(), required=True)
    matched_by = Code(required=True, one_of=("name_and_birth_date", "snils"))


class ClaimsToDecide(Strict):
    """A page of claims, oldest first."""

    items = fields.List(fields.Nested(ClaimToDecide), required=True)
    next_cursor = fields.String(allow_none=True, required=True)


class Page(Strict):
    """Where to go on reading and how much to read; at most 100."""

    cursor = Text(longest=200, load_default=None, allow_none=True)
    limit = fields.Integer(load_default=20, validate=validate.Range(min=1, max=100))


class ClaimFilter(Page):
    """Which claims to list."""

    state = Code(load_default="open", one_of=CLAIM_STATES)


class ClaimDecision(Strict):
    """The municipality's decision on a claim.

    `approved`: the same child, and the author becomes a guardian too. `rejected`: nothing changes. `another_child`: a
    namesake, who is registered as a child of its own under the author.
    """

    claim_id = Id(required=True)
    decision = Code(required=True, one_of=CLAIM_STATES[1:])
    basis = Text(required=True, longest=300, metadata={"example": "Свидетельство о рождении предъявлено лично"})


class Children(Strict):
    """A guardian's children, in the order of their registration."""

    items = fields.List(fields.Nested(Child), required=True)
    next_cursor = fields.String(allow_none=True, required=True)


class ChildId(Strict):
    """One child."""

    child_id = Id(required=True)


class ChildIds(Strict):
    """Some children."""

    child_ids = fields.List(Id(), required=True, validate=validate.Length(max=PUPIL_IDS_MAX))


class Pupil(Strict):
    """A child as the staff of its provider see it."""

    child_id = Id(required=True)
    given_name = Text(required=True)
    family_name = Text(required=True)


class Pupils(Strict):
    """Those of the asked children who are enrolled with the caller's provider or have applied to it."""

    items = fields.List(fields.Nested(Pupil), required=True)


class Mailing(Strict):
    """Whom to write to, and for what; `email_confirmation` also makes a fresh link token."""

    user_id = Id(required=True)
    purpose = Code(required=True, one_of=("email_confirmation", "notice"))


class MailingAddress(Strict):
    """An address at the moment of sending. Never stored by the one who asks."""

    email = fields.Email(required=True)
    full_name = Text(required=True)
    region_code = Region(required=True)
    token = fields.String(allow_none=True)


_GUARDIAN = frozenset({GUARDIAN})
REGISTER_GUARDIAN = Method(
    SERVICE,
    "register_guardian",
    Registration,
    Accepted,
    allow=frozenset({PUBLIC}),
    command=True,
    hashed=("email", "full_name", "region_code", "consent"),
)
"""The password is left out of the stored hash of the request: a fast hash would give it away."""
CONFIRM_EMAIL = Method(
    SERVICE, "confirm_email", EmailConfirmation, Confirmed, allow=frozenset({PUBLIC}), command=True, keyed=False
)
SIGN_IN = Method(SERVICE, "sign_in", Credentials, Session, allow=frozenset({PUBLIC}), command=True, keyed=False)
REFRESH_SESSION = Method(
    SERVICE, "refresh_session", RefreshToken, Session, allow=frozenset({PUBLIC}), command=True, keyed=False
)
SIGN_OUT = Method(SERVICE, "sign_out", Nothing, Nothing, allow=EVERYONE, command=True, keyed=False)
GET_ME = Method(SERVICE, "get_me", Nothing, Person, allow=EVERYONE)
REGISTER_CHILD = Method(
    SERVICE,
    "register_child",
    NewChild,
    Child,
    allow=_GUARDIAN,
    command=True,
    hashed=("family_name", "given_name", "patronymic", "born_on", "municipality_code"),
)
"""The insurance number is left out as well: of its nine free digits a fast hash keeps no secret."""
LIST_CHILDREN = Method(SERVICE, "list_children", Page, Children, allow=_GUARDIAN)
GET_CHILD = Method(SERVICE, "get_child", ChildId, Child, allow=_GUARDIAN)
LIST_PUPILS = Method(SERVICE, "list_pupils", ChildIds, Pupils, allow=frozenset({TEACHER, PROVIDER}))
LIST_MY_CLAIMS = Method(SERVICE, "list_my_claims", Page, MyClaims, allow=_GUARDIAN)
LIST_CLAIMS = Method(SERVICE, "list_claims", ClaimFilter, ClaimsToDecide, allow=frozenset({MUNICIPALITY}))
DECIDE_CLAIM = Method(
    SERVICE, "decide_claim", ClaimDecision, ClaimToDecide, allow=frozenset({MUNICIPALITY}), command=True
)
GET_MAILING_ADDRESS = Method(
    SERVICE,
    "get_mailing_address",
    Mailing,
    MailingAddress,
    peers=frozenset({"notifications"}),
    command=True,
    keyed=False,
)
METHODS = (
    REGISTER_GUARDIAN,
    CONFIRM_EMAIL,
    SIGN_IN,
    REFRESH_SESSION,
    SIGN_OUT,
    GET_ME,
    REGISTER_CHILD,
    LIST_CHILDREN,
    GET_CHILD,
    LIST_PUPILS,
    LIST_MY_CLAIMS,
    LIST_CLAIMS,
    DECIDE_CLAIM,
    GET_MAILING_ADDRESS,
)
