"""A version of a funding programme's rules as the domain knows its policies."""

from billing.domain.clubs import Limits
from billing.domain.policy import Policy
from billing.models.funding import FundingRules


def policy_of(rules: FundingRules) -> Policy:
    """What marks charge by these rules, and whether families may pay in addition."""
    return Policy(
        absent_percent=rules.absent_percent,
        ill_percent=rules.ill_percent,
        excused_percent=rules.excused_percent,
        copayment_allowed=rules.copayment_allowed,
    )


def limits_of(rules: FundingRules) -> Limits:
    """How many clubs a certificate pays for at once by these rules."""
    return Limits(rules.clubs_at_once_max, rules.direction_limits)
