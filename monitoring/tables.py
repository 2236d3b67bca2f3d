"""Columns of the lists, how each may be sorted, and paging whose cost does not grow with the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import django_tables2 as tables
from django.core.paginator import Page, Paginator
from django.db.models import F, QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from monitoring.models import Alert, Position, Standing

PAGE = 50
MOST = 10_000  # rows that paging reaches: counting and skipping more costs seconds on a large portfolio


if TYPE_CHECKING:
    AnyPaginator = Paginator[Any]
else:
    AnyPaginator = Paginator  # takes no parameter at run time


class CappedPaginator(AnyPaginator):
    """Counts no further than MOST rows, and has no page beyond them: filtering finds more than leafing does."""

    @cached_property
    def _counted(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]  # built from querysets only
        return rows.order_by()[: MOST + 1].count()

    @cached_property
    def count(self) -> int:
        return min(self._counted, MOST)

    @property
    def is_capped(self) -> bool:
        return self._counted > MOST


def page_of(rows: QuerySet[Any], number: str | None) -> Page[Any]:
    """The page asked for; the first for nonsense, the last for one too far."""
    return CappedPaginator(rows, PAGE).get_page(number)


class SortedColumn(tables.Column):  # type: ignore[misc]  # the package ships no types
    """Sorts with unknown values last both ways and ties by key, so that pages never overlap.

    The key runs against the field where `opposed`, to follow the index that serves the field both ways.
    `explained` names the definition shown beside the heading.
    """

    def __init__(self, *, field: str, opposed: bool = False, explained: str = "", **kwargs: Any) -> None:
        super().__init__(verbose_name=kwargs.pop("verbose_name", None), **kwargs)
        self.field, self.opposed, self.explained = field, opposed, explained

    def order(self, queryset: Any, is_descending: bool) -> tuple[Any, bool]:
        key = "-pk" if is_descending != self.opposed else "pk"
        field = queryset.model._meta.get_field(self.field)
        if field.null:  # an index can't serve this: only say it where it matters
            column = F(self.field)
            ordered = column.desc(nulls_last=True) if is_descending else column.asc(nulls_last=True)
            return queryset.order_by(ordered, key), True
        return queryset.order_by(f"-{self.field}" if is_descending else self.field, key), True


def sort_of(asked: str | None, *, table: type[tables.Table], default: str) -> str:
    """The asked sort if the table has such a column, else the default."""
    name = (asked or "").removeprefix("-")
    column = table.base_columns.get(name)
    return asked if asked and isinstance(column, SortedColumn) and asked in {name, f"-{name}"} else default


RIGHT = {"th": {"class": "num"}}
WIDE = {"th": {"class": "d-none d-md-table-cell"}}
WIDE_RIGHT = {"th": {"class": "d-none d-md-table-cell num"}}


class PortfolioTable(tables.Table):  # type: ignore[misc]  # the package ships no types
    """Where companies stand, a line each. A phone shows the first column and the exposure."""

    name = SortedColumn(field="name")
    country = SortedColumn(field="country", attrs=WIDE)
    rating = SortedColumn(field="rating", explained="rating", attrs=WIDE)
    score = SortedColumn(field="score", explained="solvency", attrs=WIDE)
    credit_limit = SortedColumn(field="credit_limit", explained="credit_limit", attrs=WIDE_RIGHT)
    contract_limit = SortedColumn(field="contract_limit", explained="contract_limit", attrs=WIDE_RIGHT)
    exposure = SortedColumn(field="exposure", opposed=True, explained="exposure", attrs=RIGHT)
    use_of_limit = SortedColumn(field="use_of_limit", explained="use_of_limit", attrs=WIDE)
    overdue = SortedColumn(field="overdue", explained="overdue", attrs=WIDE_RIGHT)
    cell = SortedColumn(field="severity", verbose_name=_("Cell"), explained="cell", attrs=WIDE)
    open_alerts = SortedColumn(field="open_alerts", verbose_name=_("Alerts"), attrs=WIDE_RIGHT)
    reported_at = SortedColumn(field="reported_at", verbose_name=_("Report"), attrs=WIDE)

    class Meta:
        model = Standing
        fields: tuple[str, ...] = ()


class PastTable(PortfolioTable):
    """The same on a past day: alerts and the days of reports have no history."""

    class Meta:
        model = Position
        fields: tuple[str, ...] = ()
        exclude = ("open_alerts", "reported_at")


class WorkedOutColumn(SortedColumn):
    """Sorts by a value that the query works out; unknown ones last both ways."""

    def order(self, queryset: Any, is_descending: bool) -> tuple[Any, bool]:
        column = F(self.field)
        ordered = column.desc(nulls_last=True) if is_descending else column.asc(nulls_last=True)
        return queryset.order_by(ordered, "-pk" if is_descending else "pk"), True


class LateTable(tables.Table):  # type: ignore[misc]  # the package ships no types
    """Late payers. A phone shows the name and what is overdue."""

    name = SortedColumn(field="name", verbose_name=_("Company"))
    overdue = WorkedOutColumn(field="overdue_at", verbose_name=_("Overdue"), explained="overdue", attrs=RIGHT)
    oldest = WorkedOutColumn(field="oldest", verbose_name=_("Oldest"), attrs=WIDE)
    exposure = WorkedOutColumn(field="exposure_at", verbose_name=_("Exposure"), explained="exposure", attrs=WIDE_RIGHT)
    credit_limit = SortedColumn(field="credit_limit", explained="credit_limit", attrs=WIDE_RIGHT)
    erp_limit = SortedColumn(field="erp_limit", verbose_name=_("ERP limit"), attrs=WIDE_RIGHT)
    excess = WorkedOutColumn(field="excess", verbose_name=_("Above a limit"), attrs=WIDE)
    last_on = WorkedOutColumn(field="last_on", verbose_name=_("Last contact"), attrs=WIDE)
    next_on = WorkedOutColumn(field="last_next_on", verbose_name=_("Next step"), attrs=WIDE)

    class Meta:
        model = Standing
        fields: tuple[str, ...] = ()


class AlertTable(tables.Table):  # type: ignore[misc]  # the package ships no types
    """The inbox. Its own order is by urgency: severity, euros at stake, newest fact."""

    severity = SortedColumn(field="severity", attrs=WIDE)
    kind = SortedColumn(field="kind")
    company = tables.Column(verbose_name=_("Company"), orderable=False, attrs=WIDE)
    at_stake = SortedColumn(field="at_stake", attrs=RIGHT)
    changed_at = SortedColumn(field="changed_at", verbose_name=_("Latest fact"), attrs=WIDE)
    taken_by = tables.Column(verbose_name=_("In hand"), orderable=False, attrs=WIDE)

    class Meta:
        model = Alert
        fields: tuple[str, ...] = ()
