"""Aged balances of a file: every file is a whole layer of its own, so nothing is compared, changed or closed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from companies.choices import EffectKind
from companies.imports.aged import AgedRow
from companies.imports.outcome import RowError
from companies.models import Account, AgedBalance, ImportBatch
from companies.services import bulk, effects
from companies.services.open_items import Holder, unknown_account
from companies.services.planning import Counts, Outcome, chunks
from companies.services.staged_items import Sums

_COLUMNS = ("id", "account_id", "batch_id", "bucket", "amount", "currency")


@dataclass(frozen=True, slots=True)
class AgedPlan:
    """Rows whose account is known, and how many accounts had a balance that the file no longer names."""

    rows: list[AgedRow]
    holders: dict[str, Holder]
    gone: set[Holder]
    before: Sums
    errors: tuple[RowError, ...]

    @property
    def known(self) -> int:
        """How many of the known accounts the file names."""
        return len(self.holders)

    @property
    def now(self) -> Sums:
        """Accounts and balance of the file; it has no items and no dates."""
        return Sums(0, self.known, sum((row.total for row in self.rows), Decimal(0)), None)

    def outcome(self) -> Outcome:
        return Outcome(Counts(created=len(self.rows), closed=len(self.gone)), self.errors)


def plan(rows: Sequence[AgedRow], *, ledger: str) -> AgedPlan:
    """Find the accounts of a file, without writing; two queries whatever the number of rows."""
    found = Account.objects.filter(ledger=ledger).values_list("code", "pk", "company_id")
    accounts = {code: Holder(pk, company) for code, pk, company in found.iterator()}
    known = [row for row in rows if row.account in accounts]
    holders = {row.account: accounts[row.account] for row in known}
    errors = tuple(unknown_account(row.line, row.account) for row in rows if row.account not in accounts)
    last = AgedBalance.objects.of_applied().filter(batch__ledger=ledger).order_by("-batch__as_of", "-batch")
    columns = ("account", "account__company_id", "amount")
    before = list(AgedBalance.objects.filter(batch=last.values("batch")[:1]).values_list(*columns))
    owners = {Holder(pk, company) for pk, company, _amount in before}
    sums = Sums(0, len(owners), sum((amount for _pk, _company, amount in before), Decimal(0)), None)
    return AgedPlan(known, holders, owners - set(holders.values()), sums, errors)


def write(plan: AgedPlan, *, batch: ImportBatch, now: datetime, step: Callable[[int], None]) -> Counts:
    """Write the balances, in the caller's transaction, with effects and marks."""
    for chunk in chunks(plan.rows):
        bare = list(_rows(chunk, plan, batch))
        keys = bulk.new_keys(AgedBalance, len(bare))
        written = [(key, *row) for key, row in zip(keys, bare, strict=True)]
        bulk.insert(AgedBalance, _COLUMNS, written, now=now)
        effects.created(batch, EffectKind.BALANCE, keys)
        step(len(chunk))
    companies = {holder.company_id for holder in (*plan.holders.values(), *plan.gone)}
    bulk.mark(sorted(companies), batch.filename, now=now)
    return plan.outcome().counts


def _rows(chunk: list[AgedRow], plan: AgedPlan, batch: ImportBatch) -> Iterator[tuple[object, ...]]:
    for row in chunk:
        for bucket, amount in row.buckets:
            yield (plan.holders[row.account].pk, batch.pk, bucket.value, amount, row.currency)
