"""Versions of a policy side by side, what speaks for a threshold, and the ends of a version."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from companies import formats
from monitoring.choices import PolicyState
from monitoring.models import MatrixCell, MatrixPolicy, Standing
from monitoring.rules.threshold import Proposal, propose
from monitoring.services.policies import Refused

PLACING = (
    "role", "currency", "measure", "high_from", "sound_from", "watch_from", "weak_from", "hysteresis_score",
    "hysteresis_pct", "min_dwell_days", "downgrade_immediate", "max_age_days", "inheritance", "not_rated",
    "not_rated_column",
)  # fmt: skip
WORDS = ("label", "posture", "credit", "watch", "marketing")
CELL = (*(f"{name}_{language}" for name in WORDS for language in ("fr", "en")),
        "severity", "review_days", "colour", "icon", "reminders")  # fmt: skip


FIELDS = {field.name: field for field in MatrixPolicy._meta.concrete_fields}


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that two versions have otherwise, in words; `cell` is its code, "" for the policy itself."""

    label: str
    before: str
    after: str
    cell: str = ""


def versions() -> QuerySet[MatrixPolicy]:
    """Every version with its people, cells and check-lists; a fixed number of queries."""
    cells = MatrixCell.objects.order_by("severity", "code").prefetch_related("actions")
    whole = MatrixPolicy.objects.select_related("created_by", "approved_by").prefetch_related(Prefetch("cells", cells))
    return whole.order_by("name", "-version")


def basis(policy: MatrixPolicy, among: Iterable[MatrixPolicy]) -> MatrixPolicy | None:
    """The version to compare with: the active one of its role for what is not in force yet, else the one before."""
    others = [one for one in among if one.pk != policy.pk]
    if policy.state in {PolicyState.DRAFT, PolicyState.APPROVED}:
        active = [one for one in others if one.state == PolicyState.ACTIVE and one.role == policy.role]
        return active[0] if active else None
    earlier = [one for one in others if one.name == policy.name and one.version < policy.version]
    return max(earlier, key=lambda one: one.version, default=None)


def differences(before: MatrixPolicy, after: MatrixPolicy) -> list[Difference]:
    """What two versions have otherwise: thresholds and options, then the words and looks of each cell."""
    found = _differing(before, after, PLACING)
    old = {cell.code: cell for cell in before.cells.all()}
    for cell in after.cells.all():
        if cell.code in old:
            found += _differing(old[cell.code], cell, CELL, code=cell.code)
            found += _lists(old[cell.code], cell)
    return found


def _differing(before: Any, after: Any, names: Iterable[str], *, code: str = "") -> list[Difference]:
    return [
        Difference(str(after._meta.get_field(name).verbose_name), said(before, name), said(after, name), code)
        for name in names
        if getattr(before, name) != getattr(after, name)
    ]


def _lists(before: MatrixCell, after: MatrixCell) -> list[Difference]:
    old, new = (
        [(line.text_fr, line.text_en, line.due_days) for line in cell.actions.all()] for cell in (before, after)
    )
    if old == new:
        return []
    texts = ["\n".join(line.text for line in cell.actions.all()) for cell in (before, after)]
    return [Difference(_("check-list"), texts[0], texts[1], cell=after.code)]


def options(policy: MatrixPolicy) -> list[tuple[str, str]]:
    """Everything that places companies, as label and value in words."""
    return [(str(FIELDS[name].verbose_name), said(policy, name)) for name in PLACING]


def said(row: Any, name: str) -> str:
    """The value of a field in words of the reader's language."""
    value = getattr(row, name)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, Decimal):
        return formats.number(value, get_language() or "fr", 0 if value == value.to_integral_value() else 2)
    display = getattr(row, f"get_{name}_display", None)
    text = str(display()) if display else str(value)
    return formats.NOTHING if value in {None, ""} else text


def threshold(policy: MatrixPolicy) -> Proposal:
    """What the portfolio proposes as the high limit of this policy's measure and role; one query."""
    rows = Standing.objects.in_role(policy.role)
    amounts = rows.filter(**{f"{policy.measure}__gt": 0}).order_by().values_list(policy.measure, flat=True)
    return propose(amounts.iterator(chunk_size=5000))


@transaction.atomic
def discard(policy: MatrixPolicy) -> None:
    """Delete a draft. Raises Refused for what was approved or in force: it stays readable."""
    policy = MatrixPolicy.objects.select_for_update().get(pk=policy.pk)
    if policy.state != PolicyState.DRAFT:
        raise Refused(_("Only a draft can be discarded: other versions stay readable."))
    policy.delete()


@dataclass(frozen=True, slots=True)
class Bound:
    """A column as it is drawn: from which score to which, and where, in percent of 0 to 100."""

    column: str
    start: Decimal
    end: Decimal

    @property
    def width(self) -> Decimal:
        return self.end - self.start

    @property
    def middle(self) -> Decimal:
        return (self.start + self.end) / 2


def columns(policy: MatrixPolicy) -> list[Bound]:
    """The lane of failures and the three columns on the scale of the score."""
    marks = [Decimal(0), policy.weak_from, policy.watch_from, policy.sound_from, Decimal(100)]
    names = ("fail", "low-def", "low-mod", "low-fav")
    return [Bound(name, start, end) for name, start, end in zip(names, marks, marks[1:], strict=False)]
