"""The tables that enrollment owns."""

from enrollment.models.applications import Application, ChildGuardian, Contract, GroupSeats
from enrollment.models.base import Base
from enrollment.models.journal import Attendance, AttendanceChange, Lesson, LessonChange

__all__ = [
    "Application",
    "Attendance",
    "AttendanceChange",
    "Base",
    "ChildGuardian",
    "Contract",
    "GroupSeats",
    "Lesson",
    "LessonChange",
]
