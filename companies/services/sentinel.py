"""The sentinel: a complete file beside what is open before it, so that half a file doesn't "pay" a ledger (domain 6.6).

Outside the limits a file is put into quarantine; nothing of it is written until a person releases it with a reason.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from companies.choices import CheckKind
from companies.models import Account, BatchCheck, ImportBatch, ImportProfile
from companies.services.aged import AgedPlan
from companies.services.commitments import CommitmentsPlan
from companies.services.open_items import ItemsPlan
from companies.services.planning import FEW
from companies.services.staged_items import Sums
from companies.services.supplies import SuppliesPlan

ANOTHERS = Decimal(80)
"""Percent of accounts not known from which a file is another company's."""
FEW_ACCOUNTS = 10
_CENT = Decimal("0.01")
Compared = ItemsPlan | AgedPlan | CommitmentsPlan | SuppliesPlan


class Limits(NamedTuple):
    """How far a file may be from the one before: percent of its items and accounts, of its balance, and days."""

    least: Decimal = Decimal(80)
    most: Decimal = Decimal(150)
    balance: Decimal = Decimal(25)
    unknown: Decimal = Decimal(5)
    oldest: Decimal = Decimal(366)


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


def limits_of(profile: ImportProfile | None) -> Limits:
    """Return what a profile allows; without one, what is usual."""
    if profile is None:
        return Limits()
    shares = profile.least_items, profile.most_items, profile.balance_margin, profile.most_unknown
    return Limits(*map(Decimal, (*shares, profile.oldest_days)))


def checks(plan: object, *, as_of: date, limits: Limits) -> list[Check]:
    """Compare a complete file with what was open before it.

    Shares of fewer than 20 rows, or accounts of an aged balance, say nothing: then only the age of the oldest item and
    the accounts that are not known are held against their limits; in a first file the latter alone. Of suppliers there
    is one row each, and the amount compared is our money there.
    """
    if isinstance(plan, ItemsPlan):
        now, before = plan.beside.now(), plan.beside.before()
        shared = limits if before.items >= FEW else None
        items = _share(CheckKind.ITEMS, before.items, now.items, shared)
        same = _both(now, before, shared)
        return [items, *same, _oldest(now, before, as_of, limits), unknown(plan, limits)]
    if isinstance(plan, AgedPlan):
        shared = limits if plan.before.accounts >= FEW else None
        return [*_both(plan.now, plan.before, shared), unknown(plan, limits)]
    if isinstance(plan, CommitmentsPlan | SuppliesPlan):
        return [*_promised(plan, limits), unknown(plan, limits)]
    return []


def unknown(plan: Compared, limits: Limits) -> Check:
    """The share of the file's accounts that are not known, in percent."""
    strange = _strange(plan)
    return Check(CheckKind.UNKNOWN, None, _percent(strange, strange + plan.known), highest=limits.unknown)


def anothers(plan: object, ledger: str) -> list[Check]:
    """Return what shows that a file is another company's: hardly any account known though the ledger has accounts."""
    if not isinstance(plan, Compared):
        return []
    check, strange = unknown(plan, Limits()), _strange(plan)
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


def _both(now: Sums, before: Sums, limits: Limits | None) -> Iterator[Check]:
    """Compare what a list of items and an aged balance both have."""
    yield _share(CheckKind.CUSTOMERS, before.accounts, now.accounts, limits)
    yield _within(CheckKind.BALANCE, before.balance, now.balance, limits)


def _promised(plan: CommitmentsPlan | SuppliesPlan, limits: Limits) -> Iterator[Check]:
    """Compare rows where an account has several, accounts, and their total."""
    now, before = plan.now, plan.before
    shared = limits if before.items >= FEW else None
    if isinstance(plan, CommitmentsPlan):
        yield _share(CheckKind.ROWS, before.items, now.items, shared)
    yield _share(CheckKind.ACCOUNTS, before.accounts, now.accounts, shared)
    yield _within(CheckKind.AMOUNT, before.balance, now.balance, shared)


def _within(kind: CheckKind, was: Decimal, now: Decimal, limits: Limits | None) -> Check:
    margin = (abs(was) * limits.balance / 100).quantize(_CENT) if limits and was else None
    low, high = (None, None) if margin is None else (was - margin, was + margin)
    return Check(kind, was, now, low, high)


def _share(kind: CheckKind, was: int, now: int, limits: Limits | None) -> Check:
    low, high = (_up(was * limits.least / 100), _down(was * limits.most / 100)) if limits else (None, None)
    return Check(kind, Decimal(was), Decimal(now), low, high)


def _oldest(now: Sums, before: Sums, as_of: date, limits: Limits) -> Check:
    known, age = _age(before.oldest, as_of), _age(now.oldest, as_of)
    low, high = (known - limits.oldest, known + limits.oldest) if known is not None else (None, None)
    low = low if low is not None and low > 0 else None
    return Check(CheckKind.OLDEST, known, age, low, high)


def _age(day: date | None, as_of: date) -> Decimal | None:
    return None if day is None else Decimal((as_of - day).days)


def _strange(plan: Compared) -> int:
    return len({error.value for error in plan.errors if error.code == "unknown_account"})


def _percent(part: int, whole: int) -> Decimal | None:
    return (Decimal(part) * 100 / whole).quantize(_CENT) if whole else None


def _up(value: Decimal) -> Decimal:
    return value.to_integral_value("ROUND_CEILING")


def _down(value: Decimal) -> Decimal:
    return value.to_integral_value("ROUND_FLOOR")
