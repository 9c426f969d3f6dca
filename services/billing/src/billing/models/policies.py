"""A funding programme's policies as the domain knows them."""

from billing.domain.policy import Policy
from billing.models.funding import FundingProgramme


def policy_of(programme: FundingProgramme) -> Policy:
    """What the programme's marks charge, and whether families may pay in addition."""
    return Policy(
        absent_percent=programme.absent_percent,
        ill_percent=programme.ill_percent,
        excused_percent=programme.excused_percent,
        copayment_allowed=programme.copayment_allowed,
    )
