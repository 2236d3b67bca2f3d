"""Partners of an ERP file: the write of what the plan decided, a thousand entities at a time."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from companies.choices import EffectKind, LinkState
from companies.imports.rows import PartnerRow
from companies.models import Account, Company, ImportBatch
from companies.rules.matching import name_key
from companies.services import bulk, completion, effects
from companies.services.history import CHANGED, CREATED, remember
from companies.services.partner_plan import (
    KEPT,
    OURS,
    AccountFacts,
    Chunk,
    CompanyFacts,
    Entity,
    PartnersPlan,
    ours,
    plan,
)
from companies.services.planning import Counts, chunks

__all__ = ["PartnersPlan", "plan", "write"]

_COMPANY = (*KEPT, "name_key", "link_state", "updated_at")
_ACCOUNT = ("ledger", "code", "company_id", *OURS)
_SEARCHED_IN_VAIN = frozenset({LinkState.REVIEW, LinkState.ABSENT})
Step = Callable[[int], None]
Change = tuple[int, datetime, effects.Values]
"""A stored account, when it was written last, and what is written now."""


def write(plan: PartnersPlan, *, batch: ImportBatch, now: datetime, as_of: date, step: Step) -> Counts:
    """Write what the plan decided, in the caller's transaction, with history, effects and marks.

    Accounts that a complete file no longer names are closed at its date. Statements grow with the rows divided by
    1 000. `step` is told how many rows of the file each chunk settled.
    """
    absent = plan.absent()
    writer = _Writer(plan, batch, now)
    for chunk in plan.chunks(lock=True):
        writer.write(chunk)
        step(sum(len(entity.rows) for entity in chunk.entities))
    writer.write_payers()
    for some in chunks(absent):
        writer.change_accounts([(one.pk, one.updated_at, {"closed_on": (None, as_of)}) for one in some])
        writer.mark({one.company_id for one in some})
    return Counts(writer.created, writer.updated, len(plan.staging) - writer.created - writer.updated, len(absent))


class _Writer:
    """Writes chunks of one plan; `payers` are filled in at the end, when every account of the file exists."""

    def __init__(self, plan: PartnersPlan, batch: ImportBatch, now: datetime) -> None:
        self.plan, self.batch, self.now = plan, batch, now
        self.payers: list[tuple[int, str]] = []
        self.created = self.updated = 0

    def write(self, chunk: Chunk) -> None:
        """Write the companies of a chunk, then its accounts."""
        touched = self._create_companies([entity for entity in chunk.entities if entity.company is None])
        known = [(entity, entity.company) for entity in chunk.entities if entity.company]
        self.plan.guard.again([company.pk for _entity, company in known])
        changes = [(company, entity.changes(self.plan.guard)) for entity, company in known]
        moved = {company.pk for company, new in changes if new}
        touched |= self._update_companies(changes)
        completion.imported(
            ((facts.link_state == LinkState.LINKED, facts._asdict(), _told(entity, facts)) for entity, facts in known),
            self.plan.guard,
            batch=self.batch,
            now=self.now,
        )
        touched |= self._write_accounts(chunk, moved)
        self.mark(touched)

    def mark(self, companies: Iterable[int]) -> None:
        """Say that these companies changed."""
        bulk.mark(sorted(companies), self.batch.filename, now=self.now)

    def _create_companies(self, entities: Sequence[Entity]) -> set[int]:
        keys = bulk.new_keys(Company, len(entities))
        rows = []
        for key, entity in zip(keys, entities, strict=True):
            entity.created, wanted = key, entity.wanted()
            rows.append((key, *wanted, name_key(wanted[0])))
        bulk.insert(Company, ("id", *KEPT, "name_key"), rows, now=self.now)
        remember(Company, keys, CREATED, batch=self.batch, at=self.now)
        effects.created(self.batch, EffectKind.COMPANY, keys)
        return set(keys)

    def _update_companies(self, changes: Iterable[tuple[CompanyFacts, dict[str, str]]]) -> set[int]:
        changed = [(facts, new) for facts, new in changes if new]
        rows, kept = [], []
        for facts, new in changed:
            state = _link_state(facts, new)
            values = {**dict(zip(KEPT, facts[3:], strict=True)), **new}
            rows.append((*values.values(), name_key(values["name"]), state, bulk.moment(self.now), facts.pk))
            told = {**new, "updated_at": self.now} | ({"link_state": state} if state != facts.link_state else {})
            kept.append((facts.pk, {name: (getattr(facts, name), value) for name, value in told.items()}))
        bulk.update(Company, _COMPANY, rows)
        keys = [facts.pk for facts, _new in changed]
        remember(Company, keys, CHANGED, batch=self.batch, at=self.now)
        effects.changed(self.batch, EffectKind.COMPANY, kept)
        return set(keys)

    def _write_accounts(self, chunk: Chunk, moved: set[int]) -> set[int]:
        """Write the accounts of a chunk; `moved` are the companies that changed, and a row with its company."""
        new: list[tuple[PartnerRow, Entity]] = []
        changed: list[Change] = []
        touched: set[int] = set()
        for row, entity in chunk.rows:
            account = chunk.accounts.get(row.code)
            if account is None:
                new.append((row, entity))
                continue
            values = self._account_values(account, row, entity, chunk)
            if values is None:
                self.updated += entity.pk in moved
                continue
            self.updated += 1
            touched |= {entity.pk, account.company_id}
            if values:
                changed.append((account.pk, account.updated_at, values))
        touched.update(entity.pk for _row, entity in new if entity.company)
        self._create_accounts(new, chunk)
        self.change_accounts(changed)
        return touched

    def _account_values(
        self, account: AccountFacts, row: PartnerRow, entity: Entity, chunk: Chunk
    ) -> effects.Values | None:
        """Return the old and new columns of a stored account, None when nothing changes; its payer is for later."""
        changes = chunk.account_changes(account, row)
        if not changes and account.company_id == entity.pk:
            return None
        if "payer" in changes:
            self.payers.append((account.pk, changes.pop("payer")))
        values = {name: (getattr(account, name), value) for name, value in changes.items()}
        if account.company_id != entity.pk:
            values["company_id"] = (account.company_id, entity.pk)
        return values

    def _create_accounts(self, new: Sequence[tuple[PartnerRow, Entity]], chunk: Chunk) -> None:
        keys = bulk.new_keys(Account, len(new))
        pairs = zip(keys, new, strict=True)
        rows = [(key, self.batch.ledger, row.code, entity.pk, *ours(row)) for key, (row, entity) in pairs]
        bulk.insert(Account, ("id", *_ACCOUNT), rows, now=self.now)
        remember(Account, keys, CREATED, batch=self.batch, at=self.now)
        effects.created(self.batch, EffectKind.ACCOUNT, keys)
        self.created += len(keys)
        paid = [(key, row.payer) for key, (row, _entity) in zip(keys, new, strict=True) if row.payer in chunk.payers]
        self.payers += paid

    def change_accounts(self, changes: Sequence[Change]) -> None:
        """Set columns of stored accounts, one statement for each set of columns."""
        by_columns: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        for pk, _since, values in changes:
            written = tuple(new for _old, new in values.values())
            by_columns.setdefault(tuple(values), []).append((*written, bulk.moment(self.now), pk))
        for columns, rows in by_columns.items():
            bulk.update(Account, (*columns, "updated_at"), rows)
        remember(Account, [pk for pk, _since, _values in changes], CHANGED, batch=self.batch, at=self.now)
        kept = [(pk, {**values, "updated_at": (since, self.now)}) for pk, since, values in changes]
        effects.changed(self.batch, EffectKind.ACCOUNT, kept)

    def write_payers(self) -> None:
        """Say which account pays for which, now that each has its key."""
        for some in chunks(self.payers):
            stored = Account.objects.filter(ledger=self.batch.ledger, code__among=[code for _pk, code in some])
            keys = dict(stored.order_by().values_list("code", "pk"))
            found = Account.objects.filter(pk__among=[pk for pk, _code in some]).order_by()
            before = {pk: (payer, since) for pk, payer, since in found.values_list("pk", "payer_id", "updated_at")}
            self.change_accounts([(pk, before[pk][1], {"payer_id": (before[pk][0], keys[code])}) for pk, code in some])


def _told(entity: Entity, facts: CompanyFacts) -> dict[str, str]:
    """What the file says of a stored company; its SIRET is news only where there is none: others are establishments."""
    told = dict(zip(KEPT, entity.wanted(), strict=True))
    return told | ({"siret": ""} if facts.siret else {})


def _link_state(facts: CompanyFacts, new: dict[str, str]) -> str:
    """A company that was searched in vain is searched again once it has a number: that is what the search lacked."""
    if facts.link_state in _SEARCHED_IN_VAIN and new.keys() & {"registration_number", "vat_number"}:
        return LinkState.QUEUED.value
    return facts.link_state
