"""Groups, their timetables and terms."""

from marshmallow import fields, validate

from contracts.accounts import PROVIDER, Page
from contracts.base import PUBLIC, Event, Method, Strict
from contracts.catalog.codes import ADMISSIONS, DIRECTIONS, GROUP_STATES, OWN_GROUP_STATES, SERVICE, TIME_OF_DAY
from contracts.fields import Amount, Code, Id, Instant, Municipality, Region, Text

EXCEPTIONS_MAX = 366


class PlannedLesson(Strict):
    """One lesson of a group's plan. `lesson_id` stays the same when the plan is published again."""

    lesson_id = Id(required=True)
    number = fields.Integer(required=True, validate=validate.Range(min=1))
    on = fields.Date(required=True, metadata={"description": "Local date."})
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)


class GroupPublished(Strict):
    """A group that children may join, with all that enrolment and its price depend on."""

    group_id = Id(required=True)
    module_id = Id(required=True)
    programme_id = Id(required=True)
    provider_id = Id(required=True)
    provider_name = Text(required=True)
    teacher_ids = fields.List(Id(), required=True)
    title = Text(required=True)
    direction = Code(required=True, one_of=DIRECTIONS)
    municipality_code = Municipality(required=True)
    time_zone = Text(required=True)
    state = Code(required=True, one_of=GROUP_STATES)
    admission = Code(required=True, one_of=ADMISSIONS)
    capacity = fields.Integer(required=True, validate=validate.Range(min=0))
    age_min = fields.Integer(required=True)
    age_max = fields.Integer(required=True)
    opens_at = Instant(required=True)
    closes_at = Instant(required=True)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True)
    price = Amount(required=True)
    normative_price = Amount(required=True)
    terms_version = fields.Integer(required=True)
    lessons = fields.List(fields.Nested(PlannedLesson), required=True)


GROUP_PUBLISHED = Event(SERVICE, "catalog.group.published.v1", GroupPublished)
GROUP_CHANGED = Event(SERVICE, "catalog.group.changed.v1", GroupPublished)


class TimetableEntry(Strict):
    """A weekly lesson, local time; weekday 1 is Monday."""

    weekday = fields.Integer(required=True, validate=validate.Range(min=1, max=7))
    starts_at = fields.String(required=True, validate=TIME_OF_DAY)
    ends_at = fields.String(required=True, validate=TIME_OF_DAY)


class ExtraLesson(Strict):
    """A lesson that comes on top of the timetable, local time; on days off and skipped days, too."""

    on = fields.Date(required=True)
    starts_at = fields.String(required=True, validate=TIME_OF_DAY)
    ends_at = fields.String(required=True, validate=TIME_OF_DAY)


class GroupView(Strict):
    """A group as a family sees it."""

    group_id = Id(required=True)
    programme_id = Id(required=True)
    module_id = Id(required=True)
    provider_id = Id(required=True)
    provider_name = Text(required=True)
    title = Text(required=True)
    region_code = Region(required=True)
    municipality_code = Municipality(required=True)
    address = Text(required=True)
    teacher_names = fields.List(Text(), required=True)
    age_min = fields.Integer(required=True)
    age_max = fields.Integer(required=True)
    state = Code(required=True, one_of=GROUP_STATES)
    admission = Code(required=True, one_of=ADMISSIONS)
    capacity = fields.Integer(required=True)
    places_free = fields.Integer(required=True)
    opens_at = Instant(required=True)
    closes_at = Instant(required=True)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True)
    price = Amount(required=True)
    lesson_count = fields.Integer(required=True)
    timetable = fields.List(fields.Nested(TimetableEntry), required=True)
    terms_version = fields.Integer(required=True)


class GroupId(Strict):
    """One group."""

    group_id = Id(required=True)


class OwnGroupView(GroupView):
    """A group as its provider sees it."""

    state = Code(required=True, one_of=OWN_GROUP_STATES)
    skipped_on = fields.List(fields.Date(), metadata={"description": "Local days without the timetable's lessons."})
    extra_lessons = fields.List(fields.Nested(ExtraLesson))


class OwnGroups(Strict):
    """A page of the groups of the caller's provider, by title."""

    items = fields.List(fields.Nested(OwnGroupView), required=True)
    next_cursor = fields.String(allow_none=True, required=True)


class GroupTerms(Strict):
    """The terms of a group that an offer is priced by."""

    group_id = Id(required=True)
    region_code = Region(required=True)
    provider_id = Id(required=True)
    title = Text(required=True)
    time_zone = Text(required=True)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True)
    price = Amount(required=True)
    normative_price = Amount(required=True)
    terms_version = fields.Integer(required=True)
    lessons_on = fields.List(fields.Date(), required=True, metadata={"description": "Planned local dates, in order."})
    opens_at = Instant(metadata={"description": "When enrolment opens; an offer for a draft lasts past it."})
    direction = Code(one_of=DIRECTIONS)


class GroupChange(GroupId):
    """What a provider changes of its group; what is absent stays. A changed price or timetable makes new terms.

    The lists of exceptions replace those before; an empty one takes all of them back.
    """

    capacity = fields.Integer(validate=validate.Range(min=0, max=1000))
    price = Amount()
    state = Code(one_of=GROUP_STATES)
    closes_at = Instant()
    skipped_on = fields.List(fields.Date(), validate=validate.Length(max=EXCEPTIONS_MAX))
    extra_lessons = fields.List(fields.Nested(ExtraLesson), validate=validate.Length(max=EXCEPTIONS_MAX))


_ANYONE = frozenset({PUBLIC})
GET_GROUP = Method(SERVICE, "get_group", GroupId, GroupView, allow=_ANYONE)
GET_GROUP_TERMS = Method(SERVICE, "get_group_terms", GroupId, GroupTerms, allow=_ANYONE)
LIST_OWN_GROUPS = Method(SERVICE, "list_own_groups", Page, OwnGroups, allow=frozenset({PROVIDER}))
CHANGE_GROUP = Method(SERVICE, "change_group", GroupChange, OwnGroupView, allow=frozenset({PROVIDER}), command=True)
