"""What lists can be narrowed by. Values that make no sense are left out and said so."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from operator import itemgetter
from time import time
from typing import Any

import django_filters as filters
from django.core.cache import cache
from django.db.models import Case, F, Max, Q, QuerySet, Value, When
from django.forms import BoundField, CheckboxSelectMultiple, Select
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_countries import countries

from companies.choices import LinkState, Rating, RatingState, Role
from companies.models import Company
from monitoring.choices import AlertKind, AlertState, Severity
from monitoring.models import Alert, MatrixCell, Position, Standing
from monitoring.models.standing import PlacedQuerySet
from monitoring.services.sectors import sector

YES = [("1", _("Yes"))]
LETTERS = [(letter.value, letter.value) for letter in Rating]
STATES = [(state.value, state.label) for state in RatingState if state != RatingState.RATED]
TO_TREAT, MINE, CLOSED, ALL = "to_treat", "mine", "closed", "all"
INBOX = [
    (TO_TREAT, _("To treat")),
    (MINE, _("In my hands")),
    (CLOSED, pgettext_lazy("alerts", "Closed")),
    (ALL, _("All")),
]
DELAYS = [("30", _("more than 30 days")), ("60", _("more than 60 days")), ("90", _("more than 90 days"))]
STEPS = [("due", _("due today or before")), ("none", _("none planned")), ("never", _("never contacted"))]
LONGEST = 100  # characters of a search
KEPT, AT_LEAST = 3600, 60  # seconds for which the choices of a filter are kept
PRESENT = {"country": "country", "business_unit": "business_unit", "analyst": "analyst", "sector": "sector"}


def select(label: str | Promise, empty: str | Promise, **kwargs: Any) -> filters.ChoiceFilter:
    return filters.ChoiceFilter(label=label, empty_label=empty, widget=Select(attrs={"class": "form-select"}), **kwargs)


@dataclass(frozen=True)
class Chip:
    """One value that narrows the list, and the query string without it."""

    label: str
    value: str
    without: str


def present_countries() -> list[tuple[str, str]]:
    """The countries of the portfolio, by name."""
    codes = Standing.objects.order_by().values_list("country", flat=True).distinct()
    return sorted(((code, countries.name(code) or code) for code in codes), key=lambda pair: pair[1])


def policy_cells(role: str = "") -> list[tuple[str, str]]:
    """The cells in the words of the policy in force for a role, else of the one for clients, soundest first."""
    own = list(MatrixCell.objects.in_force(role)) if role else []
    return [(cell.code, cell.label) for cell in own or MatrixCell.objects.in_force()]


def present(rows: PlacedQuerySet[Any], as_of: str) -> dict[str, list[tuple[str, str]]]:
    """What countries, units, analysts and sectors there are.

    It takes a look at every row of the day, so it is kept while no position is new, and for a minute in any case.
    """
    key, newest = f"choices-{as_of}", Position.objects.aggregate(newest=Max("pk"))["newest"]
    kept: tuple[int | None, float, dict[str, list[str]]] = cache.get(key, (None, 0.0, {}))
    stamp, since, found = kept
    if not found or (stamp != newest and time() - since > AT_LEAST):
        found = {name: [] for name in PRESENT}
        for name, value in _distinct(rows):
            found[name].append(value)
        cache.set(key, (newest, time(), found), KEPT)
    named = {name: [(value, value) for value in sorted(found.get(name, []))] for name in PRESENT}
    named["country"] = sorted(
        ((code, countries.name(code) or code) for code, _same in named["country"]), key=itemgetter(1)
    )
    named["sector"] = [(code, sector(code)) for code, _same in named["sector"]]
    return named


def _distinct(rows: PlacedQuerySet[Any]) -> Iterable[tuple[str, str]]:
    parts = [
        rows.order_by().exclude(**{column: ""}).annotate(what=Value(name)).values_list("what", column).distinct()
        for name, column in PRESENT.items()
    ]
    return parts[0].union(*parts[1:], all=True)


def place_in(role: str) -> F | Case:
    """Where a company stands in this role: a supplier that is a client too has a place of its own."""
    if role != Role.SUPPLIER:
        return F("cell")
    return Case(When(supplier_cell="", then=F("cell")), default=F("supplier_cell"))


def in_cell(rows: PlacedQuerySet[Any], cell: str, role: str) -> PlacedQuerySet[Any]:
    """The companies of a cell, by their place in this role."""
    if role != Role.SUPPLIER:
        return rows.filter(cell=cell)
    return rows.filter(Q(supplier_cell=cell) | Q(supplier_cell="", cell=cell))


class ListFilter(filters.FilterSet):  # type: ignore[misc]  # the package ships no types
    """A filter set that can show what it narrows by, value by value."""

    plain: tuple[str, ...] = ("q", "state")  # shown where they are typed or chosen: no chip for them
    switches: tuple[str, ...] = ()  # on or off: the label says it all

    def chips(self) -> list[Chip]:
        return [
            Chip(label=str(self.filters[name].label), value=self._word(name, value), without=self._without(name, value))
            for name, value in self._applied()
        ]

    def ignored(self) -> list[str]:
        """The filters whose value in the address means nothing."""
        return [str(self.filters[name].label) for name in self.form.errors]

    @property
    def is_narrowed(self) -> bool:
        return any(self.form.cleaned_data.get(name) for name in self.filters if name != "state")

    def _applied(self) -> Iterator[tuple[str, str]]:
        for name in self.filters:
            found = None if name in self.plain else self.form.cleaned_data.get(name)
            for value in found if isinstance(found, list) else [found]:
                if value:
                    yield name, str(value)

    def _word(self, name: str, value: str) -> str:
        words = {str(key): str(word) for key, word in self.form.fields[name].choices}
        return words.get(value, value) if name not in self.switches else ""

    def _without(self, name: str, value: str) -> str:
        left: QueryDict = self.data.copy()
        left.setlist(name, [item for item in left.getlist(name) if item != value])
        left.pop("page", None)
        return left.urlencode()


class PlaceFilter(ListFilter):
    """What the picture and the list of companies are narrowed by alike, so that one leads to the other."""

    role = select(_("Role"), _("All roles"), choices=Role.choices, method="in_role")
    business_unit = select(_("Business unit"), _("All business units"), choices=[])
    analyst = select(_("Analyst"), _("All analysts"), choices=[])
    country = select(_("Country"), _("All countries"), choices=[])
    sector = select(_("Sector"), _("All sectors"), choices=[])

    class Meta:
        model = Standing
        fields: tuple[str, ...] = ()

    def __init__(self, data: QueryDict, *, queryset: PlacedQuerySet[Any], as_of: str, **kwargs: Any) -> None:
        super().__init__(data, queryset=queryset, **kwargs)
        for name, choices in present(queryset, as_of).items():
            self.filters[name].extra["choices"] = choices

    def in_role(self, rows: PlacedQuerySet[Any], name: str, value: str) -> PlacedQuerySet[Any]:
        return rows.in_role(value)

    @property
    def chosen_role(self) -> str:
        """A role, or "" for all of them when the address says nothing or nonsense."""
        return str(self._clean.get("role") or "")

    @property
    def _clean(self) -> dict[str, Any]:
        self.form.is_valid()
        return self.form.cleaned_data  # type: ignore[no-any-return]  # the package ships no types

    def selects(self, *names: str) -> list[BoundField]:
        """Those of these fields that have something to choose."""
        return [self.form[name] for name in names if len(self.form.fields[name].choices) > 1]


class MatrixFilter(PlaceFilter):
    """Filters of the picture."""

    @property
    def is_filtered(self) -> bool:
        """By more than a role, for which there are sums."""
        return any(value for name, value in self._clean.items() if name != "role")


class PortfolioFilter(PlaceFilter):
    """Filters of the portfolio; their names are the address's, and the exports'."""

    switches = ("over", "alerts")

    q = filters.CharFilter(label=_("Search"), method="found", max_length=LONGEST)
    rating = filters.MultipleChoiceFilter(
        label=_("Rating"), choices=[*LETTERS, *STATES], method="rated", widget=CheckboxSelectMultiple
    )
    cell = select(_("Cell"), _("All cells"), choices=[], method="in_cell")
    link = select(_("Link"), _("Any link"), field_name="link_state", choices=LinkState.choices)
    over = filters.ChoiceFilter(label=_("Above a limit"), choices=YES, method="over_limit")
    alerts = filters.ChoiceFilter(label=_("Open alerts"), choices=YES, method="with_alerts")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["cell"].extra["choices"] = policy_cells(self.data.get("role", ""))

    def ignored(self) -> list[str]:
        past = [str(self.filters["alerts"].label)] if self._in_the_past() and self.data.get("alerts") else []
        return [*super().ignored(), *past]

    def found(self, rows: PlacedQuerySet[Any], name: str, value: str) -> PlacedQuerySet[Any]:
        return rows.search(value)

    def in_cell(self, rows: PlacedQuerySet[Any], name: str, value: str) -> PlacedQuerySet[Any]:
        return in_cell(rows, value, self.chosen_role)

    def rated(self, rows: PlacedQuerySet[Any], name: str, value: list[str]) -> PlacedQuerySet[Any]:
        """As the box shows them: a letter from A to D only counts where the score may be read as a number."""
        letters = [item for item in value if item in Rating.values and item != Rating.E]
        wanted = Q(rating__in=letters, rating_state=RatingState.RATED)
        if Rating.E in value:
            wanted |= Q(rating=Rating.E)
        return rows.filter(wanted | Q(rating_state__in=set(value) & set(RatingState.values)))

    def over_limit(self, rows: PlacedQuerySet[Any], name: str, value: str) -> PlacedQuerySet[Any]:
        return rows.over_limit()

    def with_alerts(self, rows: PlacedQuerySet[Any], name: str, value: str) -> PlacedQuerySet[Any]:
        """Alerts have no history: on a past day the filter is ignored, and said to be."""
        return rows if self._in_the_past() else rows.filter(open_alerts__gt=0)

    def _in_the_past(self) -> bool:
        return self.queryset.model is not Standing


class LateFilter(ListFilter):
    """Filters of the late payers. Whose items is the scope's business (`views.scopes`); days count on `as_of`."""

    switches = ("over",)
    as_of: date | None = None

    q = filters.CharFilter(label=_("Search"), method="found", max_length=LONGEST)
    role = select(_("Role"), _("All roles"), choices=Role.choices, method="within")
    country = select(_("Country"), _("All countries"), choices=[], method="within")
    days = select(_("Oldest"), _("Any delay"), choices=DELAYS, method="late_since")
    step = select(_("Next step"), _("Any next step"), choices=STEPS, method="with_step")
    over = filters.ChoiceFilter(label=_("Above a limit"), choices=YES, method="over_limit")

    class Meta:
        model = Standing
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["country"].extra["choices"] = present_countries()

    def found(self, rows: QuerySet[Standing], name: str, value: str) -> QuerySet[Standing]:
        return rows.filter(company__in=Company.objects.search(value))

    def within(self, rows: QuerySet[Standing], name: str, value: str) -> QuerySet[Standing]:
        return rows

    def late_since(self, rows: QuerySet[Standing], name: str, value: str) -> QuerySet[Standing]:
        return rows.filter(Q(oldest__lt=self._day - timedelta(days=int(value))))

    @property
    def _day(self) -> date:
        return self.as_of or localdate()

    def with_step(self, rows: QuerySet[Standing], name: str, value: str) -> QuerySet[Standing]:
        wanted = {
            "due": Q(last_next_on__lte=self._day),
            "none": Q(last_next_on=None),
            "never": Q(last_on=None),
        }
        return rows.filter(wanted[value])

    def over_limit(self, rows: QuerySet[Standing], name: str, value: str) -> QuerySet[Standing]:
        return rows.filter(Q(excess__gt=0))


class AlertFilter(ListFilter):
    """Filters of the inbox. Without a state it shows what is to be treated."""

    q = filters.CharFilter(label=_("Search"), method="found", max_length=LONGEST)
    state = filters.ChoiceFilter(label=_("State"), choices=INBOX, method="unfiltered")
    severity = select(_("Severity"), _("Any severity"), choices=Severity.choices)
    kind = select(_("Kind"), _("All kinds"), choices=AlertKind.choices)

    class Meta:
        model = Alert
        fields: tuple[str, ...] = ()

    @property
    def chosen_state(self) -> str:
        return self.form.cleaned_data.get("state") or TO_TREAT

    def filter_queryset(self, queryset: QuerySet[Alert]) -> QuerySet[Alert]:
        rows: QuerySet[Alert] = super().filter_queryset(queryset)
        live = ~Q(state=AlertState.CLOSED)
        shown = {
            TO_TREAT: live,
            MINE: live & Q(taken_by=self.request.user.pk),
            CLOSED: Q(state=AlertState.CLOSED),
            ALL: Q(),
        }
        return rows.filter(shown[self.chosen_state])

    def found(self, rows: QuerySet[Alert], name: str, value: str) -> QuerySet[Alert]:
        return rows.filter(company__in=Company.objects.search(value))

    def unfiltered(self, rows: QuerySet[Alert], name: str, value: Any) -> QuerySet[Alert]:
        return rows
