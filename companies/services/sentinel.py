"""The sentinel: a complete file beside what is open before it, so that half a file doesn't "pay" a ledger (domain 6.6).

Outside the limits a file is put into quarantine; nothing of it is written until a person releases it with a reason.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from companies.choices import CheckKind
from companies.imports.rows import OpenItemRow
from companies.models import Account, BatchCheck, ImportBatch
from companies.services.aged import AgedPlan
from companies.services.open_items import Facts, ItemsPlan
from companies.services.planning import FEW

LEAST, MOST = Decimal("0.80"), Decimal("1.50")
"""Of the items, and of the accounts that have some, that were open before."""
BALANCE = Decimal("0.25")
MOST_UNKNOWN = Decimal(5)
ANOTHERS = Decimal(80)
"""Percent of accounts not known from which a file is another company's."""
FEW_ACCOUNTS = 10
OLDEST_DAYS = Decimal(366)
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison; None is unknown or, for a bound, no bound. Bounds are inclusive."""

    kind: CheckKind
    before: Decimal | None
    now: Decimal | None
    lowest: Decimal | None = None
    highest: Decimal | None = None

    @property
    def is_ok(self) -> bool:
        """Whether the figure is within its bounds; what is unknown is."""
        if self.now is None:
            return True
        low = self.lowest is None or self.now >= self.lowest
        return low and (self.highest is None or self.now <= self.highest)


def checks(plan: object, *, as_of: date) -> list[Check]:
    """Compare a complete file with the items open before it. A ledger of fewer than 20 items has no limits."""
    if not isinstance(plan, ItemsPlan):
        return []
    rows = [row for row, _stored in plan.pairs]
    before = [stored for _row, stored in plan.pairs if stored is not None] + plan.gone
    bounded = len(before) >= FEW
    return [
        *_compared(plan, rows, before, bounded=bounded),
        _oldest(rows, before, as_of, bounded=bounded),
        unknown(plan),
    ]


def unknown(plan: ItemsPlan | AgedPlan) -> Check:
    """The share of the file's accounts that are not known, in percent."""
    strange = _strange(plan)
    return Check(CheckKind.UNKNOWN, None, _percent(strange, strange + len(plan.accounts)), highest=MOST_UNKNOWN)


def anothers(plan: object, ledger: str) -> list[Check]:
    """Return what shows that a file is another company's: hardly any account known though the ledger has accounts."""
    if not isinstance(plan, ItemsPlan | AgedPlan):
        return []
    check, strange = unknown(plan), _strange(plan)
    few = strange + len(plan.accounts) < FEW_ACCOUNTS
    if few or check.now is None or check.now < ANOTHERS:
        return []
    return [check] if Account.objects.filter(ledger=ledger).exists() else []


def store(batch: ImportBatch, found: Iterable[Check]) -> None:
    """Keep the report of a file."""
    BatchCheck.objects.bulk_create(
        BatchCheck(
            batch=batch,
            kind=check.kind,
            before=check.before,
            now=check.now,
            lowest=check.lowest,
            highest=check.highest,
            is_ok=check.is_ok,
        )
        for check in found
    )


def _compared(plan: ItemsPlan, rows: list[OpenItemRow], before: list[Facts], *, bounded: bool) -> Iterator[Check]:
    holders = {facts.account_id for facts in before}
    for kind, was, is_now in (
        (CheckKind.ITEMS, len(before), len(rows)),
        (CheckKind.CUSTOMERS, len(holders), len(plan.accounts)),
    ):
        low, high = (_up(was * LEAST), _down(was * MOST)) if bounded else (None, None)
        yield Check(kind, Decimal(was), Decimal(is_now), low, high)
    owed, owes = _sum(facts.amount for facts in before), _sum(row.amount for row in rows)
    margin = (abs(owed) * BALANCE).quantize(_CENT) if bounded and owed else None
    low, high = (None, None) if margin is None else (owed - margin, owed + margin)
    yield Check(CheckKind.BALANCE, owed, owes, low, high)


def _oldest(rows: list[OpenItemRow], before: list[Facts], as_of: date, *, bounded: bool) -> Check:
    was = max(((as_of - facts.document_date).days for facts in before), default=None)
    age = max(((as_of - row.document_date).days for row in rows), default=None)
    known = None if was is None else Decimal(was)
    low, high = (known - OLDEST_DAYS, known + OLDEST_DAYS) if known is not None and bounded else (None, None)
    low = low if low is not None and low > 0 else None
    return Check(CheckKind.OLDEST, known, None if age is None else Decimal(age), low, high)


def _strange(plan: ItemsPlan | AgedPlan) -> int:
    return len({error.value for error in plan.errors if error.code == "unknown_account"})


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def _percent(part: int, whole: int) -> Decimal | None:
    return (Decimal(part) * 100 / whole).quantize(_CENT) if whole else None


def _up(value: Decimal) -> Decimal:
    return value.to_integral_value("ROUND_CEILING")


def _down(value: Decimal) -> Decimal:
    return value.to_integral_value("ROUND_FLOOR")
