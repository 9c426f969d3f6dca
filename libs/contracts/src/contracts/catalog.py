"""Catalog: regions, municipalities, providers, programmes, groups and their timetables."""

from marshmallow import fields, validate

from contracts.accounts import PROVIDER, REGION, Nothing, Page
from contracts.base import PUBLIC, Event, Method, Strict
from contracts.fields import Amount, Code, Id, Instant, Municipality, Region, Text, Written

SERVICE = "catalog"
DIRECTIONS = ("technical", "natural_science", "arts", "sport", "tourism", "social_humanitarian")
ADMISSIONS = ("instant", "review")
GROUP_STATES = ("published", "closed")
OWN_GROUP_STATES = ("draft", *GROUP_STATES)
"""A draft is seen by its provider alone and announced to nobody."""
PROVIDER_STATES = ("active", "suspended")
PROVIDER_KINDS = ("school", "club", "sport_school", "entrepreneur")
"""The four kinds: general school, institution of supplementary education, sport school, individual entrepreneur."""
SUSPENSION_REASONS = ("licence_lapsed", "complaint_check", "own_request", "data_check", "cleared")
TIME_OF_DAY = Written(r"^([01]\d|2[0-3]):[0-5]\d$", error="Hours and minutes, 16:30.")


class RegionPublished(Strict):
    """A region works in this installation."""

    region_code = Region(required=True)
    time_zone = Text(required=True, metadata={"example": "Asia/Irkutsk"})


class MunicipalityPublished(Strict):
    """A municipality of a region, payer of its children's certificates."""

    municipality_code = Municipality(required=True)
    region_code = Region(required=True)
    payer_code = fields.String(required=True, validate=Written(r"^\d{2}$"))
    name = Text(required=True)


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


class ProviderStateChanged(Strict):
    """The regional operator admitted or suspended a provider; a suspended one takes no new children."""

    provider_id = Id(required=True)
    changed_at = Instant(required=True)
    reason = Code(required=True, one_of=SUSPENSION_REASONS)


REGION_PUBLISHED = Event(SERVICE, "catalog.region.published.v1", RegionPublished)
MUNICIPALITY_PUBLISHED = Event(SERVICE, "catalog.municipality.published.v1", MunicipalityPublished)
GROUP_PUBLISHED = Event(SERVICE, "catalog.group.published.v1", GroupPublished)
GROUP_CHANGED = Event(SERVICE, "catalog.group.changed.v1", GroupPublished)
PROVIDER_SUSPENDED = Event(SERVICE, "catalog.provider.suspended.v1", ProviderStateChanged)
PROVIDER_ACTIVATED = Event(SERVICE, "catalog.provider.activated.v1", ProviderStateChanged)
EVENTS = (
    REGION_PUBLISHED,
    MUNICIPALITY_PUBLISHED,
    GROUP_PUBLISHED,
    GROUP_CHANGED,
    PROVIDER_SUSPENDED,
    PROVIDER_ACTIVATED,
)


class RegionView(Strict):
    """A region: its words, its hours and where families find the portal."""

    region_code = Region(required=True)
    name = Text(required=True)
    time_zone = Text(required=True)
    financing_term = Text(required=True, metadata={"example": "персонализированное финансирование"})
    certificate_term = Text(required=True)
    hosts = fields.List(Text(), required=True)
    contacts = Text(required=True, longest=500)


class Regions(Strict):
    """All regions of the installation."""

    items = fields.List(fields.Nested(RegionView), required=True)


class MunicipalityFilter(Page):
    """Which municipalities to list."""

    region_code = Region(load_default=None, allow_none=True)


class MunicipalityView(Strict):
    """A municipality."""

    municipality_code = Municipality(required=True)
    region_code = Region(required=True)
    name = Text(required=True)


class Municipalities(Strict):
    """A page of municipalities, by name."""

    items = fields.List(fields.Nested(MunicipalityView), required=True)
    next_cursor = fields.String(allow_none=True, required=True)


class DirectionView(Strict):
    """One of the six directions of supplementary education."""

    direction = Code(required=True, one_of=DIRECTIONS)
    name = Text(required=True)


class Directions(Strict):
    """The six directions."""

    items = fields.List(fields.Nested(DirectionView), required=True)


class ProgrammeSearch(Page):
    """What a family looks for; every filter is optional."""

    q = Text(load_default=None, allow_none=True, longest=200)
    region_code = Region(load_default=None, allow_none=True)
    direction = Code(load_default=None, allow_none=True, one_of=DIRECTIONS)
    municipality_code = Municipality(load_default=None, allow_none=True)
    age = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(min=0, max=18))
    weekday = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(min=1, max=7),
        metadata={"description": "1: Monday."},
    )
    price_max = Amount(load_default=None, allow_none=True)
    with_places = fields.Boolean(load_default=False, metadata={"description": "Only where a place is free."})


class ProgrammeSummary(Strict):
    """A programme in a list."""

    programme_id = Id(required=True)
    title = Text(required=True)
    summary = Text(required=True, longest=2000)
    direction = Code(required=True, one_of=DIRECTIONS)
    region_code = Region(required=True)
    municipality_code = Municipality(required=True)
    provider_id = Id(required=True)
    provider_name = Text(required=True)
    age_min = fields.Integer(required=True)
    age_max = fields.Integer(required=True)
    price_from = Amount(required=True)
    places_free = fields.Integer(required=True)


class Programmes(Strict):
    """A page of programmes."""

    items = fields.List(fields.Nested(ProgrammeSummary), required=True)
    next_cursor = fields.String(allow_none=True, required=True)


class TimetableEntry(Strict):
    """A weekly lesson, local time; weekday 1 is Monday."""

    weekday = fields.Integer(required=True, validate=validate.Range(min=1, max=7))
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


class ProgrammeView(ProgrammeSummary):
    """A programme with its groups."""

    groups = fields.List(fields.Nested(GroupView), required=True)


class ProgrammeId(Strict):
    """One programme."""

    programme_id = Id(required=True)


class GroupId(Strict):
    """One group."""

    group_id = Id(required=True)


class OwnGroupView(GroupView):
    """A group as its provider sees it."""

    state = Code(required=True, one_of=OWN_GROUP_STATES)


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


class GroupChange(GroupId):
    """What a provider changes of its group; what is absent stays. A changed price makes new terms."""

    capacity = fields.Integer(validate=validate.Range(min=0, max=1000))
    price = Amount()
    state = Code(one_of=GROUP_STATES)
    closes_at = Instant()


class ProviderDecision(Strict):
    """The regional operator's decision about a provider."""

    provider_id = Id(required=True)
    state = Code(required=True, one_of=PROVIDER_STATES)
    reason = Code(required=True, one_of=SUSPENSION_REASONS)


class ProviderView(Strict):
    """A provider as the regional operator sees it."""

    provider_id = Id(required=True)
    name = Text(required=True)
    kind = Code(required=True, one_of=PROVIDER_KINDS)
    inn = fields.String(required=True, validate=Written(r"^\d{10}(\d{2})?$"))
    ogrn = fields.String(required=True, validate=Written(r"^\d{13}(\d{2})?$"))
    municipality_code = Municipality(required=True)
    state = Code(required=True, one_of=PROVIDER_STATES)


class ProviderFilter(Page):
    """Which providers of the region to list."""

    state = Code(load_default=None, allow_none=True, one_of=PROVIDER_STATES)


class Providers(Strict):
    """A page of providers, by name."""

    items = fields.List(fields.Nested(ProviderView), required=True)
    next_cursor = fields.String(allow_none=True, required=True)


_ANYONE = frozenset({PUBLIC})
LIST_REGIONS = Method(SERVICE, "list_regions", Nothing, Regions, allow=_ANYONE)
LIST_MUNICIPALITIES = Method(SERVICE, "list_municipalities", MunicipalityFilter, Municipalities, allow=_ANYONE)
LIST_DIRECTIONS = Method(SERVICE, "list_directions", Nothing, Directions, allow=_ANYONE)
SEARCH_PROGRAMMES = Method(SERVICE, "search_programmes", ProgrammeSearch, Programmes, allow=_ANYONE)
GET_PROGRAMME = Method(SERVICE, "get_programme", ProgrammeId, ProgrammeView, allow=_ANYONE)
GET_GROUP = Method(SERVICE, "get_group", GroupId, GroupView, allow=_ANYONE)
GET_GROUP_TERMS = Method(SERVICE, "get_group_terms", GroupId, GroupTerms, allow=_ANYONE)
LIST_OWN_GROUPS = Method(SERVICE, "list_own_groups", Page, OwnGroups, allow=frozenset({PROVIDER}))
CHANGE_GROUP = Method(SERVICE, "change_group", GroupChange, OwnGroupView, allow=frozenset({PROVIDER}), command=True)
LIST_PROVIDERS = Method(SERVICE, "list_providers", ProviderFilter, Providers, allow=frozenset({REGION}))
DECIDE_PROVIDER = Method(
    SERVICE, "decide_provider", ProviderDecision, ProviderView, allow=frozenset({REGION}), command=True
)
METHODS = (
    LIST_REGIONS,
    LIST_MUNICIPALITIES,
    LIST_DIRECTIONS,
    SEARCH_PROGRAMMES,
    GET_PROGRAMME,
    GET_GROUP,
    GET_GROUP_TERMS,
    LIST_OWN_GROUPS,
    CHANGE_GROUP,
    LIST_PROVIDERS,
    DECIDE_PROVIDER,
)
