"""What the lists of tasks and of reviews can be narrowed by."""

from datetime import timedelta
from typing import Any

import django_filters as filters
from django.db.models import Q, QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from companies.choices import Role
from companies.models import Company
from monitoring.filters import ALL, LONGEST, MINE, ListFilter, policy_cells, present_countries, select
from monitoring.models import Standing, Task
from monitoring.services.tasks import doers

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
    cell = select(_("Cell"), _("All cells"), choices=[])
    person = select(_("Person"), _("Everybody"), choices=[], method="of_person")

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
    cell = select(_("Cell"), _("All cells"), choices=[])
    role = select(_("Role"), _("All roles"), choices=Role.choices, method="in_role")
    country = select(_("Country"), _("All countries"), choices=[])

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
