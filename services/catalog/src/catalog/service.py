"""The entrypoints of the catalogue: a table of contents."""

from typing import Any

from sqlalchemy.orm import Session

from catalog.commands.groups import change_own_group
from catalog.commands.providers import decide_provider
from catalog.commands.seats import note_seats
from catalog.queries import groups, places, programmes, providers, search
from chassis.context import actor
from chassis.outbox import Received
from chassis.service import Service, command, on_event, query
from contracts import catalog as contract
from contracts import enrollment, registry


class CatalogService(Service):
    """Says what children can learn where, when, and on which terms."""

    name = "catalog"
    standard = registry.standard(name)

    @query(contract.LIST_REGIONS)
    def list_regions(self, session: Session, _request: dict[str, Any]) -> dict[str, Any]:
        """All regions of the installation."""
        return places.list_regions(session)

    @query(contract.LIST_MUNICIPALITIES)
    def list_municipalities(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """A page of municipalities, by name."""
        return places.list_municipalities(session, request)

    @query(contract.LIST_DIRECTIONS)
    def list_directions(self, _session: Session, _request: dict[str, Any]) -> dict[str, Any]:
        """The six directions."""
        return places.list_directions()

    @query(contract.SEARCH_PROGRAMMES)
    def search_programmes(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """A page of programmes that fit what a family looks for."""
        return search.search_programmes(session, request)

    @query(contract.GET_PROGRAMME)
    def get_programme(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """A programme with its groups."""
        return programmes.get_programme(session, request["programme_id"])

    @query(contract.GET_GROUP)
    def get_group(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """A group with its timetable, price and free places."""
        return groups.get_group(session, request["group_id"])

    @query(contract.GET_GROUP_TERMS)
    def get_group_terms(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """The terms of a group that an offer is priced by."""
        return groups.get_group_terms(session, request["group_id"])

    @query(contract.LIST_OWN_GROUPS)
    def list_own_groups(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """A page of the groups of the caller's provider, drafts too."""
        return groups.list_own_groups(session, actor(), request)

    @command(contract.CHANGE_GROUP)
    def change_group(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """Change a group of the caller's provider; the group as it is then."""
        change_own_group(session, actor(), request)
        return groups.get_own_group(session, actor(), request["group_id"])

    @query(contract.LIST_PROVIDERS)
    def list_providers(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """A page of the region's providers."""
        return providers.list_providers(session, actor(), request)

    @command(contract.DECIDE_PROVIDER)
    def decide_provider(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """Suspend a provider or admit it again; the provider as it is then."""
        caller, provider_id = actor(), request["provider_id"]
        decide_provider(session, caller.region_code, provider_id, request["state"], request["reason"], caller.subject)
        return providers.get_provider(session, caller, provider_id)

    @on_event(enrollment.SEATS_CHANGED, only=("capacity", "taken", "waiting"))
    def on_seats_changed(self, session: Session, event: Received) -> None:
        """How full a group is."""
        note_seats(session, event.region_code, event.subject, event.version, event.data)
