"""The words of enrollment's fields."""

SERVICE = "enrollment"
STATUSES = (
    "draft",
    "submitted",
    "waitlisted",
    "offered",
    "confirmed",
    "enrolled",
    "paused",
    "completed",
    "withdrawn",
    "cancelled",
)
MARKS = ("present", "absent", "ill", "excused")
CONTRACT_STATES = ("awaiting_funds", "awaiting_acceptance", "active", "refused", "closed")
PARTIES = ("family", "provider", "system")
"""Who ended an application: a guardian, the provider's staff, or a deadline."""
CANCEL_REASONS = (
    "changed_mind",
    "found_another",
    "no_documents",
    "contraindicated",
    "not_fitting_level",
    "group_not_opened",
    "not_confirmed_in_time",
    "place_not_taken_in_time",
    "no_longer_eligible",
)
"""Why an application ended before the enrolment; the last three are deadlines' and the system's own."""
FAMILY_CANCEL_REASONS = ("changed_mind", "found_another")
PROVIDER_REFUSE_REASONS = ("no_documents", "contraindicated", "not_fitting_level", "group_not_opened")
WITHDRAW_REASONS = ("changed_mind", "found_another", "moved_away", "health", "no_attendance", "terms_not_accepted")
"""Why an enrolment ended early; the last is the system's, when nobody accepted the price in time."""
FAMILY_WITHDRAW_REASONS = ("changed_mind", "found_another", "moved_away", "health")
PROVIDER_WITHDRAW_REASONS = ("moved_away", "health", "no_attendance")
LESSON_REASONS = ("teacher_ill", "holiday", "room_unavailable", "quarantine", "weather", "other")
JOURNAL_DAYS = 14
"""A lesson's page takes marks and corrections until the end of this many local days after the lesson's date."""
