"""Claims: second registrations of a known child, and their decision."""

from marshmallow import fields

from contracts.accounts.requests import Page
from contracts.accounts.roles import GUARDIAN, MUNICIPALITY, SERVICE
from contracts.base import Method, Strict
from contracts.fields import Code, Id, Instant, Municipality, Text

CLAIM_STATES = ("open", "approved", "rejected", "another_child")


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


LIST_MY_CLAIMS = Method(SERVICE, "list_my_claims", Page, MyClaims, allow=frozenset({GUARDIAN}))
LIST_CLAIMS = Method(SERVICE, "list_claims", ClaimFilter, ClaimsToDecide, allow=frozenset({MUNICIPALITY}))
DECIDE_CLAIM = Method(
    SERVICE, "decide_claim", ClaimDecision, ClaimToDecide, allow=frozenset({MUNICIPALITY}), command=True
)
