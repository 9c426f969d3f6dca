"""What a mark charges: data of a funding programme."""

from dataclasses import dataclass

PRESENT, ABSENT, ILL, EXCUSED = "present", "absent", "ill", "excused"
MARKS = (PRESENT, ABSENT, ILL, EXCUSED)
CAUSES = {
    PRESENT: "lesson_attended",
    ABSENT: "lesson_missed",
    ILL: "lesson_missed_ill",
    EXCUSED: "lesson_missed_excused",
}
"""Why a lesson is charged, by its mark."""


@dataclass(frozen=True)
class Policy:
    """Percent of a lesson's part that an absence charges. Attendance always charges all of it."""

    absent_percent: int
    ill_percent: int
    excused_percent: int
    copayment_allowed: bool = True

    def percent(self, mark: str) -> int:
        """Percent of the lesson's part that the mark charges."""
        percents = {PRESENT: 100, ABSENT: self.absent_percent, ILL: self.ill_percent, EXCUSED: self.excused_percent}
        return percents[mark]

    def charge(self, part: int, mark: str) -> int:
        """Hundredths that the mark charges of a lesson's part, rounded down."""
        return part * self.percent(mark) // 100
