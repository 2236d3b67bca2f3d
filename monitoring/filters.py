"""What lists can be narrowed by. Values that make no sense are left out and said so."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import django_filters as filters
from django.db.models import Q, QuerySet
from django.forms import CheckboxSelectMultiple, Select
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_countries import countries

from companies.choices import LinkState, Rating, RatingState, Role
from companies.models import Company
from monitoring.choices import AlertKind, AlertState, PolicyState, Severity
from monitoring.models import Alert, MatrixCell, Standing, Task
from monitoring.services.tasks import doers

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


def _select(label: str | Promise, empty: str | Promise, **kwargs: Any) -> filters.ChoiceFilter:
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


def policy_cells() -> list[tuple[str, str]]:
    """The cells in the words of the policy in force, soundest first."""
    cells = MatrixCell.objects.filter(policy__state=PolicyState.ACTIVE).only("code", "severity", "label_fr", "label_en")
    return [(cell.code, cell.label) for cell in cells]


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


class PortfolioFilter(ListFilter):
    """Filters of the portfolio; their names are the address's, and the exports'."""

    switches = ("over", "alerts")

    q = filters.CharFilter(label=_("Search"), method="found", max_length=LONGEST)
    role = _select(_("Role"), _("All roles"), choices=Role.choices, method="in_role")
    rating = filters.MultipleChoiceFilter(
        label=_("Rating"), choices=[*LETTERS, *STATES], method="rated", widget=CheckboxSelectMultiple
    )
    cell = _select(_("Cell"), _("All cells"), choices=[])
    country = _select(_("Country"), _("All countries"), choices=[])
    link = _select(_("Link"), _("Any link"), field_name="link_state", choices=LinkState.choices)
    over = filters.ChoiceFilter(label=_("Above a limit"), choices=YES, method="over_limit")
    alerts = filters.ChoiceFilter(label=_("Open alerts"), choices=YES, method="with_alerts")

    class Meta:
        model = Standing
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["cell"].extra["choices"] = policy_cells()
        self.filters["country"].extra["choices"] = present_countries()

    def found(self, rows: QuerySet[Standing], name: str, value: str) -> QuerySet[Standing]:
        return Standing.objects.search(value) & rows

    def in_role(self, rows: QuerySet[Standing], name: str, value: str) -> QuerySet[Standing]:
        return Standing.objects.in_role(value) & rows

    def rated(self, rows: QuerySet[Standing], name: str, value: list[str]) -> QuerySet[Standing]:
        """As the box shows them: a letter from A to D only counts where the score may be read as a number."""
        letters = [item for item in value if item in Rating.values and item != Rating.E]
        wanted = Q(rating__in=letters, rating_state=RatingState.RATED)
        if Rating.E in value:
            wanted |= Q(rating=Rating.E)
        return rows.filter(wanted | Q(rating_state__in=set(value) & set(RatingState.values)))

    def over_limit(self, rows: QuerySet[Standing], name: str, value: str) -> QuerySet[Standing]:
        return Standing.objects.over_limit() & rows

    def with_alerts(self, rows: QuerySet[Standing], name: str, value: str) -> QuerySet[Standing]:
        return rows.filter(open_alerts__gt=0)


class LateFilter(ListFilter):
    """Filters of the late payers. Days are counted on the day given to `payers`, which is today."""

    switches = ("over",)

    q = filters.CharFilter(label=_("Search"), method="found", max_length=LONGEST)
    role = _select(_("Role"), _("All roles"), choices=Role.choices, method="in_role")
    country = _select(_("Country"), _("All countries"), choices=[])
    days = _select(_("Oldest"), _("Any delay"), choices=DELAYS, method="late_since")
    step = _select(_("Next step"), _("Any next step"), choices=STEPS, method="with_step")
    over = filters.ChoiceFilter(label=_("Above a limit"), choices=YES, method="over_limit")

    class Meta:
        model = Standing
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["country"].extra["choices"] = present_countries()

    def found(self, rows: QuerySet[Standing], name: str, value: str) -> QuerySet[Standing]:
        return rows.filter(company__in=Company.objects.search(value))

    def in_role(self, rows: QuerySet[Standing], name: str, value: str) -> QuerySet[Standing]:
        return rows.filter(**{f"is_{Role(value).value}": True})

    def late_since(self, rows: QuerySet[Standing], name: str, value: str) -> QuerySet[Standing]:
        return rows.filter(Q(oldest__lt=localdate() - timedelta(days=int(value))))

    def with_step(self, rows: QuerySet[Standing], name: str, value: str) -> QuerySet[Standing]:
        wanted = {
            "due": Q(last_next_on__lte=localdate()),
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
    severity = _select(_("Severity"), _("Any severity"), choices=Severity.choices)
    kind = _select(_("Kind"), _("All kinds"), choices=AlertKind.choices)

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


OVERDUE, DONE, SOON = "overdue", "done", "soon"
TASKS = [
    (MINE, _("Mine")),
    (ALL, _("All open")),
    (OVERDUE, pgettext_lazy("task", "Overdue")),
    (DONE, pgettext_lazy("tasks", "Done")),
]
REVIEWS = [(OVERDUE, pgettext_lazy("review", "Overdue")), (SOON, _("Within 30 days")), (ALL, _("All"))]


class TaskFilter(ListFilter):
    """Filters of the tasks. Without a state it shows one's own; who can't be given any sees all the open ones."""

    q = filters.CharFilter(label=_("Search"), method="found", max_length=LONGEST)
    state = filters.ChoiceFilter(label=_("State"), choices=TASKS, method="unfiltered")
    cell = _select(_("Cell"), _("All cells"), choices=[])
    person = _select(_("Person"), _("Everybody"), choices=[], method="of_person")

    class Meta:
        model = Task
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["cell"].extra["choices"] = policy_cells()
        self.filters["person"].extra["choices"] = [(str(user.pk), str(user)) for user in doers()]

    @property
    def chosen_state(self) -> str:
        return self.form.cleaned_data.get("state") or (
            MINE if self.request.user.has_perm("monitoring.do_task") else ALL
        )

    def filter_queryset(self, queryset: QuerySet[Task]) -> QuerySet[Task]:
        rows: QuerySet[Task] = super().filter_queryset(queryset)
        still_open = Q(done_at=None)
        shown = {
            MINE: still_open & Q(given_to=self.request.user.pk),
            ALL: still_open,
            OVERDUE: still_open & Q(due_on__lt=localdate()),
            DONE: Q(done_at__isnull=False),
        }
        return rows.filter(shown[self.chosen_state])

    def found(self, rows: QuerySet[Task], name: str, value: str) -> QuerySet[Task]:
        return rows.filter(company__in=Company.objects.search(value))

    def of_person(self, rows: QuerySet[Task], name: str, value: str) -> QuerySet[Task]:
        return rows.filter(given_to=int(value))

    def unfiltered(self, rows: QuerySet[Task], name: str, value: Any) -> QuerySet[Task]:
        return rows


class ReviewFilter(ListFilter):
    """Filters of the companies to review. Without a state it shows the overdue ones."""

    q = filters.CharFilter(label=_("Search"), method="found", max_length=LONGEST)
    state = filters.ChoiceFilter(label=_("State"), choices=REVIEWS, method="unfiltered")
    cell = _select(_("Cell"), _("All cells"), choices=[])
    role = _select(_("Role"), _("All roles"), choices=Role.choices, method="in_role")
    country = _select(_("Country"), _("All countries"), choices=[])

    class Meta:
        model = Standing
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["cell"].extra["choices"] = policy_cells()
        self.filters["country"].extra["choices"] = present_countries()

    @property
    def chosen_state(self) -> str:
        return self.form.cleaned_data.get("state") or OVERDUE

    def filter_queryset(self, queryset: QuerySet[Standing]) -> QuerySet[Standing]:
        rows: QuerySet[Standing] = super().filter_queryset(queryset)
        today = localdate()
        shown = {
            OVERDUE: Q(review_on__lt=today),
            SOON: Q(review_on__gte=today, review_on__lte=today + timedelta(days=30)),
            ALL: Q(),
        }
        return rows.filter(shown[self.chosen_state])

    def found(self, rows: QuerySet[Standing], name: str, value: str) -> QuerySet[Standing]:
        return rows.filter(company__in=Company.objects.search(value))

    def in_role(self, rows: QuerySet[Standing], name: str, value: str) -> QuerySet[Standing]:
        return rows.filter(**{f"is_{Role(value).value}": True})

    def unfiltered(self, rows: QuerySet[Standing], name: str, value: Any) -> QuerySet[Standing]:
        return rows
