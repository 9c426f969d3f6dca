"""The words of billing's fields."""

SERVICE = "billing"
CERTIFICATE_STATES = ("accounting", "queued", "funded")
CATEGORIES = ("children_5_17",)
CHARGES = ("per_attended_lesson", "monthly_share")
REMAINDERS = ("burn", "carry_over")
PERIOD_STATES = ("planned", "open", "closing", "closed")
"""Before `starts_on`; while lessons are held; after `ends_on` until `closes_at`; after it."""
OPERATION_KINDS = (
    "credit",
    "hold",
    "release",
    "debit",
    "reversal",
    "returned",
    "carried_in",
    "carried_out",
)
