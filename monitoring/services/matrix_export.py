"""The matrix as a workbook: what was asked, the figures of the cells, and the companies that they are made of."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import IO, Any, Protocol

import xlsxwriter
from django.conf import settings
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from monitoring.models import MatrixPolicy
from monitoring.services.export import OPTIONS, Sheet, Value, fill, marks, marks_of

MOST = 100_000  # companies of one workbook; the portfolio's export holds them all


class Figures(Protocol):
    """The sums of a cell, as the picture has them."""

    @property
    def code(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def companies(self) -> int: ...
    @property
    def exposure(self) -> Decimal: ...
    @property
    def overdue(self) -> Decimal: ...
    @property
    def over_credit(self) -> Decimal: ...
    @property
    def over_erp(self) -> Decimal: ...
    @property
    def over_count(self) -> int: ...


def asked(
    day: date, *, known: bool | None, policy: str, figure: str, chips: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    """What was asked, in words: the day, how it was known (None: today), the policy, and what narrows."""
    lines = [(_("On the day"), date_format(day, "DATE_FORMAT"))]
    if known is not None:
        lines.append((_("Known when"), _("As known now") if known else _("As known then")))
    return [*lines, (_("Policy"), policy), (_("Figure shown"), figure), *chips]


def workbook(
    out: IO[bytes],
    figures: Sequence[Figures],
    rows: QuerySet[Any],
    *,
    asked: Sequence[tuple[str, str]],
    measure: MatrixPolicy,
) -> None:
    """Write the sheets of the figures and of the companies; `rows` have the cell that they stand in as `place`."""
    with xlsxwriter.Workbook(out, OPTIONS) as book:
        about = [*asked, (_("Amounts in"), settings.PORTFOLIO_CURRENCY)]
        fill(book, _("Matrix"), Sheet(_head(), iter([_line(one) for one in figures])), above=about)
        labels = {one.code: one.label for one in figures}
        head = [
            _("Company"), _("Cell"), _("Country"), _("Business unit"), _("Analyst"), _("Sector"), _("Rating"),
            _("Score"), str(measure.get_measure_display()), _("Exposure"), _("Overdue"), _("Above the credit limit"),
            _("Above the ERP limit"), _("Marks"),
        ]  # fmt: skip
        fill(book, _("Companies"), Sheet(head, _companies(rows, labels)), above=about)


def _head() -> list[str]:
    return [
        _("Cell"), _("Companies"), _("Exposure"), _("Overdue"), _("Above the credit limit"), _("Above the ERP limit"),
        _("Companies above a limit"),
    ]  # fmt: skip


def _line(one: Figures) -> list[Value]:
    return [one.label, one.companies, one.exposure, one.overdue, one.over_credit, one.over_erp, one.over_count]


def _companies(rows: QuerySet[Any], labels: dict[str, str]) -> Iterator[list[Value]]:
    words = marks()
    for row in islice(rows.order_by("-exposure", "company").iterator(chunk_size=2000), MOST):
        yield [
            row.name, labels.get(row.place, row.place), row.country, row.business_unit, row.analyst, row.sector,
            row.rating, row.score, row.y, row.exposure, row.overdue, row.over_credit_limit, row.over_erp_limit,
            ", ".join(words[name] for name in marks_of(row)),
        ]  # fmt: skip
