"""A provider's journal: lessons and who attended them."""

from typing import Any
from uuid import UUID

import structlog
from flask import Response

from chassis.errors import Refusal
from contracts import accounts, enrollment
from contracts.accounts import PROVIDER, PUPIL_IDS_MAX, TEACHER
from gateway import answers, schemas
from gateway.access import allow
from gateway.calls import ask
from gateway.domain.lesson_page import lesson_page
from gateway.idempotency import keyed
from gateway.openapi import Blueprint
from gateway.preconditions import conditional, given_version

log = structlog.get_logger(__name__)
blp = Blueprint("journal", "A provider's journal: lessons and who attended them.")
NAMES_SECONDS = 2.0
MARKS = {"marks": [{"enrollment_id": "6f1c1f0e-52b5-4f0e-9c1e-8d6f0b7c2a11", "mark": "present"}]}
MOVING = (
    "journal_closed",
    "lesson_cancelled",
    "lesson_marked",
    "lesson_overlaps",
    "lesson_time_passed",
    "outside_group_dates",
)
MOVE = {"reason": "teacher_ill", "on": "2026-11-28", "starts_at": "16:30", "ends_at": "17:15"}


@blp.get("/provider/groups/<uuid:group_id>/lessons")
@allow(TEACHER, PROVIDER)
@blp.filters(schemas.LessonDay)
@blp.answers(200, enrollment.Lessons)
@blp.refuses(404, "group_not_found")
def list_lessons(fields: dict[str, Any], group_id: UUID) -> Response:
    """A group's lessons in the order of their dates, or those of one local date."""
    return answers.ok(ask(enrollment.LIST_LESSONS, {**fields, "group_id": str(group_id)}))


@blp.get("/provider/lessons/<uuid:lesson_id>")
@allow(TEACHER, PROVIDER)
@blp.answers(200, schemas.LessonPage, versioned=True)
@blp.refuses(404, "lesson_not_found")
def get_lesson(lesson_id: UUID) -> Response:
    """A lesson page: who is expected, and the marks so far."""
    return _page(ask(enrollment.GET_LESSON, {"lesson_id": str(lesson_id)}))


@blp.put("/provider/lessons/<uuid:lesson_id>/attendance")
@allow(TEACHER, PROVIDER)
@conditional
@blp.takes(schemas.NewMarks, MARKS)
@blp.answers(200, schemas.LessonPage, versioned=True)
@blp.refuses(404, "lesson_not_found")
@blp.refuses(422, "journal_closed", "lesson_cancelled", "lesson_in_future")
def record_attendance(fields: dict[str, Any], lesson_id: UUID) -> Response:
    """Set marks on a lesson page. Lines that are not named stay; money follows the marks, also when they change.

    With If-Match the marks are set only if nobody has changed the page since it was read. `reason` is kept beside
    every mark that is corrected.
    """
    page = {**fields, "lesson_id": str(lesson_id), "page_version": given_version()}
    return _page(ask(enrollment.RECORD_ATTENDANCE, page))


@blp.post("/provider/lessons/<uuid:lesson_id>/cancellation")
@allow(TEACHER, PROVIDER)
@keyed
@blp.takes(schemas.LessonCancellation, {"reason": "teacher_ill"})
@blp.answers(200, schemas.LessonPage, versioned=True)
@blp.refuses(404, "lesson_not_found")
@blp.refuses(422, "journal_closed", "lesson_cancelled")
def cancel_lesson(fields: dict[str, Any], lesson_id: UUID) -> Response:
    """Cancel a lesson: nobody pays for it, also where it was charged already."""
    return _page(ask(enrollment.CANCEL_LESSON, {**fields, "lesson_id": str(lesson_id)}))


@blp.post("/provider/lessons/<uuid:lesson_id>/move")
@allow(TEACHER, PROVIDER)
@keyed
@blp.takes(schemas.LessonMove, MOVE)
@blp.answers(200, schemas.LessonPage, versioned=True)
@blp.refuses(404, "lesson_not_found")
@blp.refuses(422, *MOVING)
def move_lesson(fields: dict[str, Any], lesson_id: UUID) -> Response:
    """Hold a lesson on another local date or at other hours; it stays the same lesson."""
    return _page(ask(enrollment.MOVE_LESSON, {**fields, "lesson_id": str(lesson_id)}))


def _page(lesson: dict[str, Any]) -> Response:
    pupils = _pupils([line["child_id"] for line in lesson["roster"]])
    return answers.versioned(lesson_page(lesson, pupils), lesson["page_version"])


def _pupils(child_ids: list[str]) -> list[dict[str, Any]]:
    """The pupils' names, as far as accounts gives them now; a page without names is better than none."""
    found: list[dict[str, Any]] = []
    try:
        for start in range(0, len(child_ids), PUPIL_IDS_MAX):
            some = {"child_ids": child_ids[start : start + PUPIL_IDS_MAX]}
            found += ask(accounts.LIST_PUPILS, some, timeout_seconds=NAMES_SECONDS)["items"]
    except Refusal as refusal:
        log.warning("pupils_unnamed", code=refusal.code)
    return found
