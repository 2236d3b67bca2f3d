"""Partners of an ERP file: which company is each row, what changes, and the write of all of it (domain 6.5)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from companies.choices import LinkState
from companies.imports.outcome import RowError
from companies.imports.rows import PartnerRow
from companies.models import Account, Company, ImportBatch
from companies.rules.matching import name_key
from companies.services.history import CHANGED, CREATED, remember
from companies.services.planning import Counts, Outcome, chunks

KEPT = ("name", "country", "registration_number", "siret", "vat_number", "street", "postal_code", "city", "phone")
OURS = ("role", "name", "erp_limit", "currency", "terms")


class CompanyFacts(NamedTuple):
    """A stored company, as much of it as a file can change."""

    pk: int
    link_state: str
    name: str
    country: str
    registration_number: str
    siret: str
    vat_number: str
    street: str
    postal_code: str
    city: str
    phone: str


class AccountFacts(NamedTuple):
    """A stored account, as much of it as a file can change."""

    pk: int
    code: str
    company_id: int
    role: str
    name: str
    erp_limit: Any
    currency: str
    terms: str


@dataclass(slots=True, eq=False)
class Entity:
    """One legal entity of the file: its rows and the company it already is, if any."""

    company: CompanyFacts | None = None
    rows: list[PartnerRow] = field(default_factory=list)
    created: int = 0

    @property
    def pk(self) -> int:
        """The company's key, once it is written."""
        return self.company.pk if self.company else self.created

    def wanted(self) -> dict[str, str]:
        """The first value given for each field: where a client and a supplier row disagree, the first row wins."""
        return {name: next(filter(None, (getattr(row, name) for row in self.rows)), "") for name in KEPT}

    def changes(self) -> dict[str, str]:
        """What the file changes of the stored company: never with an empty value, and only gaps once it is linked."""
        if self.company is None:
            return {}
        linked = self.company.link_state == LinkState.LINKED
        pairs = ((name, getattr(self.company, name), value) for name, value in self.wanted().items())
        return {name: new for name, old, new in pairs if new and new != old and not (linked and old)}


class Stored(NamedTuple):
    """What the database knows of the file's accounts, numbers and VAT numbers."""

    accounts: dict[str, AccountFacts]
    by_id: dict[int, CompanyFacts]
    by_number: dict[tuple[str, str], CompanyFacts]
    by_vat: dict[str, CompanyFacts]

    def of_account(self, row: PartnerRow) -> CompanyFacts | None:
        account = self.accounts.get(row.code)
        return self.by_id[account.company_id] if account else None


@dataclass(frozen=True, slots=True)
class PartnersPlan:
    entities: list[Entity]
    stored: Stored

    def outcome(self) -> Outcome:
        """Counts a row as changed when its account or its company changes."""
        created = updated = 0
        for entity in self.entities:
            moved = bool(entity.changes())
            for row in entity.rows:
                account = self.stored.accounts.get(row.code)
                created += account is None
                updated += account is not None and (moved or _account_differs(account, row, entity))
        rows = sum(len(entity.rows) for entity in self.entities)
        return Outcome(Counts(created, updated, rows - created - updated), warnings=tuple(self._moves()))

    def _moves(self) -> Iterator[RowError]:
        for entity in self.entities:
            for row in entity.rows:
                old = self.stored.of_account(row)
                if old and (entity.company is None or entity.company.pk != old.pk):
                    yield _moved(row, old)


def plan(rows: Sequence[PartnerRow], *, ledger: str) -> PartnersPlan:
    """Decide, without writing, which company each row is; two queries whatever the number of rows.

    By country and registration number, else by the account code, else by the VAT number, else a new company. An
    account whose number now names another entity moves there.
    """
    stored = _stored(rows, ledger)
    grouping = _Grouping(stored)
    for row in rows:
        if row.registration_number:
            grouping.add_numbered(row)
    grouping.adopt()
    for row in rows:
        if not row.registration_number:
            grouping.add_unnumbered(row)
    return PartnersPlan(grouping.entities, stored)


class _Grouping:
    """Rows into entities: first those with a number, which is certain; then the others, around them."""

    def __init__(self, stored: Stored) -> None:
        self.stored = stored
        self.entities: list[Entity] = []
        self.numbered: dict[tuple[str, str], Entity] = {}
        self.claimed: dict[int, Entity] = {}
        self.by_vat: dict[str, Entity] = {}

    def add_numbered(self, row: PartnerRow) -> None:
        key = (row.country, row.registration_number)
        entity = self.numbered.get(key)
        if entity is None:
            entity = self.numbered[key] = self._open(self.stored.by_number.get(key))
        self._join(entity, row)

    def adopt(self) -> None:
        """Give a number that is new to us to the company of its account or VAT number, if that one has none yet."""
        for entity in self.numbered.values():
            if entity.company is None:
                entity.company = next(self._without_number(entity), None)
                if entity.company:
                    self.claimed[entity.company.pk] = entity

    def add_unnumbered(self, row: PartnerRow) -> None:
        known = self.stored.of_account(row)
        if known is None:
            entity = self.by_vat.get(row.vat_number)
            if entity is not None:
                self._join(entity, row)
                return
            known = self.stored.by_vat.get(row.vat_number)
        entity = self.claimed.get(known.pk) if known else None
        self._join(entity or self._open(known), row)

    def _without_number(self, entity: Entity) -> Iterator[CompanyFacts]:
        for row in entity.rows:
            for found in (self.stored.of_account(row), self.stored.by_vat.get(row.vat_number)):
                if found and not found.registration_number and found.pk not in self.claimed:
                    yield found

    def _open(self, company: CompanyFacts | None) -> Entity:
        entity = Entity(company)
        self.entities.append(entity)
        if company:
            self.claimed[company.pk] = entity
        return entity

    def _join(self, entity: Entity, row: PartnerRow) -> None:
        entity.rows.append(row)
        if row.vat_number:
            self.by_vat.setdefault(row.vat_number, entity)


def _stored(rows: Sequence[PartnerRow], ledger: str) -> Stored:
    codes = {row.code for row in rows}
    numbers = {(row.country, row.registration_number) for row in rows if row.registration_number}
    vats = {row.vat_number for row in rows if row.vat_number}
    found = Account.objects.filter(ledger=ledger).values_list(*AccountFacts._fields)
    accounts = {facts.code: facts for facts in map(AccountFacts._make, found.iterator()) if facts.code in codes}
    holders = {account.company_id for account in accounts.values()}
    stored = Stored(accounts, {}, {}, {})
    for facts in map(CompanyFacts._make, Company.objects.values_list(*CompanyFacts._fields).iterator()):
        facts = facts._replace(country=str(facts.country))
        key = (facts.country, facts.registration_number)
        if facts.pk in holders or key in numbers or facts.vat_number in vats:
            _index(stored, facts, key)
    return stored


def _index(stored: Stored, facts: CompanyFacts, key: tuple[str, str]) -> None:
    stored.by_id[facts.pk] = facts
    if facts.registration_number:
        stored.by_number[key] = facts
    if facts.vat_number:
        stored.by_vat.setdefault(facts.vat_number, facts)


def _account_changes(account: AccountFacts, row: PartnerRow) -> dict[str, Any]:
    pairs = ((name, getattr(account, name), getattr(row, name)) for name in OURS)
    return {name: new for name, old, new in pairs if new not in (None, "") and new != old}


def _account_differs(account: AccountFacts, row: PartnerRow, entity: Entity) -> bool:
    return account.company_id != entity.pk or bool(_account_changes(account, row))


def _moved(row: PartnerRow, old: CompanyFacts) -> RowError:
    return RowError(
        line=row.line,
        column=_("registration number"),
        value=row.registration_number,
        reason=_("Account %(code)s is held by %(company)s, which has another number (%(number)s): it will move.")
        % {"code": row.code, "company": old.name, "number": old.registration_number or "–"},
        fix=_("Nothing to do if the account was given to another company; otherwise correct the number in the ERP."),
    )


def write(plan: PartnersPlan, *, batch: ImportBatch, now: datetime, step: Callable[[int], None]) -> set[int]:
    """Write what the plan decided, in the caller's transaction; returns the companies touched.

    Statements grow with the rows divided by 1 000. `step` is told how many rows of the file each chunk settled.
    """
    touched = set(_create_companies(plan.entities, batch, now))
    touched |= set(_update_companies(plan.entities, batch, now))
    rows = [(row, entity) for entity in plan.entities for row in entity.rows]
    for chunk in chunks(rows):
        touched |= _write_accounts(chunk, plan.stored, batch=batch, now=now)
        step(len(chunk))
    return touched


def _create_companies(entities: Iterable[Entity], batch: ImportBatch, now: datetime) -> Iterator[int]:
    for chunk in chunks(entity for entity in entities if entity.company is None):
        companies = [Company(name_key=name_key(wanted["name"]), **wanted) for wanted in (e.wanted() for e in chunk)]
        Company.objects.bulk_create(companies)
        remember(Company, [company.pk for company in companies], CREATED, batch=batch, at=now)
        for entity, company in zip(chunk, companies, strict=True):
            entity.created = company.pk
            yield company.pk


def _update_companies(entities: Iterable[Entity], batch: ImportBatch, now: datetime) -> Iterator[int]:
    changed = ((entity.company.pk, entity.changes()) for entity in entities if entity.company)
    for chunk in chunks((pk, changes) for pk, changes in changed if changes):
        companies = Company.objects.in_bulk([pk for pk, _changes in chunk])
        for pk, changes in chunk:
            _apply(companies[pk], changes, now)
        fields = [*KEPT, "name_key", "link_state", "updated_at"]
        Company.objects.bulk_create(
            companies.values(), update_conflicts=True, unique_fields=["id"], update_fields=fields
        )
        remember(Company, list(companies), CHANGED, batch=batch, at=now)
        yield from companies


def _apply(company: Company, changes: dict[str, str], now: datetime) -> None:
    for name, value in changes.items():
        setattr(company, name, value)
    company.name_key = name_key(company.name)
    company.updated_at = now
    searched_in_vain = company.link_state in {LinkState.REVIEW, LinkState.ABSENT}
    if searched_in_vain and changes.keys() & {"registration_number", "vat_number"}:
        company.link_state = LinkState.QUEUED  # a number is what the search lacked


def _write_accounts(
    chunk: list[tuple[PartnerRow, Entity]], stored: Stored, *, batch: ImportBatch, now: datetime
) -> set[int]:
    new: list[Account] = []
    changed: dict[int, dict[str, Any]] = {}
    touched: set[int] = set()
    for row, entity in chunk:
        company, account = entity.pk, stored.accounts.get(row.code)
        if account is None:
            new.append(_account(row, company, batch.ledger))
        elif account.company_id != company or _account_changes(account, row):
            changed[account.pk] = {"company_id": company, **_account_changes(account, row)}
            touched.add(account.company_id)
        else:
            continue
        touched.add(company)
    Account.objects.bulk_create(new)
    remember(Account, [account.pk for account in new], CREATED, batch=batch, at=now)
    _update_accounts(changed, batch, now)
    return touched


def _account(row: PartnerRow, company: int, ledger: str) -> Account:
    given = {name: getattr(row, name) for name in OURS}
    return Account(ledger=ledger, code=row.code, company_id=company, **given)


def _update_accounts(changed: dict[int, dict[str, Any]], batch: ImportBatch, now: datetime) -> None:
    accounts = Account.objects.in_bulk(list(changed))
    for pk, changes in changed.items():
        for name, value in {**changes, "updated_at": now}.items():
            setattr(accounts[pk], name, value)
    Account.objects.bulk_create(
        accounts.values(),
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["company", *OURS, "updated_at"],
    )
    remember(Account, list(accounts), CHANGED, batch=batch, at=now)
