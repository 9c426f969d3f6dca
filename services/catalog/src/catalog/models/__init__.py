"""The tables that the catalogue owns."""

from catalog.models.base import SORT_LETTERS, Base
from catalog.models.groups import GroupRow, GroupTeacherRow, SeatsRow
from catalog.models.places import MunicipalityRow, RegionRow
from catalog.models.programmes import ModuleRow, ProgrammeRow
from catalog.models.providers import ProviderRow, TeacherRow
from catalog.models.searching import OpeningRow, SearchWordRow

__all__ = [
    "SORT_LETTERS",
    "Base",
    "GroupRow",
    "GroupTeacherRow",
    "ModuleRow",
    "MunicipalityRow",
    "OpeningRow",
    "ProgrammeRow",
    "ProviderRow",
    "RegionRow",
    "SearchWordRow",
    "SeatsRow",
    "TeacherRow",
]
