"""The companies of a flow as a file, with both states."""

from collections.abc import Iterator, Mapping

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from monitoring.choices import Cell
from monitoring.models import MatrixCell, Position
from monitoring.services.export import Sheet, Value
from monitoring.services.flows import Moves, Period


def sheet(moves: Moves, period: Period, causes: Mapping[str, str]) -> Sheet:
    """These moves, the largest first. Words are looked up now: rows are read when the request's language is gone."""
    days = [date_format(day, "SHORT_DATE_FORMAT") for day in (period.since, period.until)]
    money = settings.PORTFOLIO_CURRENCY
    figures = (
        _("Rating"), _("Score"), f"{_('Credit limit')} ({money})", f"{_('Exposure')} ({money})",
        f"{_('Overdue')} ({money})",
    )  # fmt: skip
    both = [f"{name} {day}" for name in (_("Cell"), *figures) for day in days]
    head = [_("Company"), _("Country"), _("Business unit"), _("Analyst"), _("Cause"), *both]
    cells = {cell.code: cell.label for cell in MatrixCell.objects.in_force()}
    words = {str(code): str(label) for code, label in Cell.choices} | cells | dict(causes)
    return Sheet(head=head, rows=_lines(moves, words))


def _lines(moves: Moves, words: Mapping[str, str]) -> Iterator[list[Value]]:
    for move in moves:
        row = move.latest
        ends = zip(_state(move.before, words), _state(move.after, words), strict=True)
        both = [value for pair in ends for value in pair]
        yield [row.name, row.country, row.business_unit, row.analyst, words.get(move.cause, ""), *both]


def _state(row: Position | None, words: Mapping[str, str]) -> list[Value]:
    if row is None:
        return [None] * 6
    return [words[row.cell], row.rating, row.score, row.credit_limit, row.exposure, row.overdue]
