"""The sentinel: a complete file beside what is open before it, so that half a file doesn't "pay" a ledger (domain 6.6).

Outside the limits a file is put into quarantine; nothing of it is written until a person releases it with a reason.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from companies.choices import CheckKind
from companies.models import Account, BatchCheck, ImportBatch
from companies.services.aged import AgedPlan
from companies.services.open_items import ItemsPlan
from companies.services.planning import FEW
from companies.services.staged_items import Sums

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
    now, before = plan.beside.now(), plan.beside.before()
    bounded = before.items >= FEW
    return [*_compared(now, before, bounded=bounded), _oldest(now, before, as_of, bounded=bounded), unknown(plan)]


def unknown(plan: ItemsPlan | AgedPlan) -> Check:
    """The share of the file's accounts that are not known, in percent."""
    strange = _strange(plan)
    return Check(CheckKind.UNKNOWN, None, _percent(strange, strange + plan.known), highest=MOST_UNKNOWN)


def anothers(plan: object, ledger: str) -> list[Check]:
    """Return what shows that a file is another company's: hardly any account known though the ledger has accounts."""
    if not isinstance(plan, ItemsPlan | AgedPlan):
        return []
    check, strange = unknown(plan), _strange(plan)
    few = strange + plan.known < FEW_ACCOUNTS
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


def _compared(now: Sums, before: Sums, *, bounded: bool) -> Iterator[Check]:
    for kind, was, is_now in (
        (CheckKind.ITEMS, before.items, now.items),
        (CheckKind.CUSTOMERS, before.accounts, now.accounts),
    ):
        low, high = (_up(was * LEAST), _down(was * MOST)) if bounded else (None, None)
        yield Check(kind, Decimal(was), Decimal(is_now), low, high)
    owed = before.balance
    margin = (abs(owed) * BALANCE).quantize(_CENT) if bounded and owed else None
    low, high = (None, None) if margin is None else (owed - margin, owed + margin)
    yield Check(CheckKind.BALANCE, owed, now.balance, low, high)


def _oldest(now: Sums, before: Sums, as_of: date, *, bounded: bool) -> Check:
    known, age = _age(before.oldest, as_of), _age(now.oldest, as_of)
    low, high = (known - OLDEST_DAYS, known + OLDEST_DAYS) if known is not None and bounded else (None, None)
    low = low if low is not None and low > 0 else None
    return Check(CheckKind.OLDEST, known, age, low, high)


def _age(day: date | None, as_of: date) -> Decimal | None:
    return None if day is None else Decimal((as_of - day).days)


def _strange(plan: ItemsPlan | AgedPlan) -> int:
    return len({error.value for error in plan.errors if error.code == "unknown_account"})


def _percent(part: int, whole: int) -> Decimal | None:
    return (Decimal(part) * 100 / whole).quantize(_CENT) if whole else None


def _up(value: Decimal) -> Decimal:
    return value.to_integral_value("ROUND_CEILING")


def _down(value: Decimal) -> Decimal:
    return value.to_integral_value("ROUND_FLOOR")
