"""Partners of an ERP file against what is known: which company is each row, and what changes; no write (domain 6.5)."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter
from typing import Any, NamedTuple

from companies.choices import LinkState
from companies.imports.outcome import Issues, RowError
from companies.imports.rows import PartnerRow
from companies.models import Account, Company
from companies.services import completion
from companies.services.partner_groups import Grouping
from companies.services.planning import Counts, Outcome, chunks, much
from companies.services.staging import Staging
from companies.texts import text as _

KEPT = (
    *("name", "country", "registration_number", "siret", "vat_number"),
    *("street", "postal_code", "city", "phone", "lei"),
)
OURS = ("role", "name", "erp_limit", "currency", "terms", "siret", "business_unit", "analyst")
ours = attrgetter("role.value", *OURS[1:])
_kept = attrgetter(*KEPT)
_SIRET = KEPT.index("siret")


class CompanyFacts(NamedTuple):
    """A stored company, as much of it as a file can change."""

    pk: int
    link_state: str
    updated_at: datetime
    name: str
    country: str
    registration_number: str
    siret: str
    vat_number: str
    street: str
    postal_code: str
    city: str
    phone: str
    lei: str


class AccountFacts(NamedTuple):
    """A stored account, as much of it as a file can change; `payer` is the code of the account that pays."""

    pk: int
    code: str
    company_id: int
    role: str
    name: str
    erp_limit: Any
    currency: str
    terms: str
    siret: str
    business_unit: str
    analyst: str
    updated_at: datetime
    closed_on: date | None
    payer: str | None


class Absent(NamedTuple):
    """A stored account that a complete file no longer has."""

    pk: int
    code: str
    company_id: int
    updated_at: datetime


@dataclass(slots=True, eq=False)
class Entity:
    """One legal entity of the file: its rows and the company it already is, if any."""

    rows: list[PartnerRow]
    company: CompanyFacts | None = None
    created: int = 0

    @property
    def pk(self) -> int:
        """The company's key, once it is written."""
        return self.company.pk if self.company else self.created

    def wanted(self) -> tuple[str, ...]:
        """The first value given for each field of KEPT: where a client and a supplier row disagree, the first row wins.

        Two establishments say nothing about the head office: then the company gets no SIRET from this file.
        """
        if len(self.rows) == 1:
            return _kept(self.rows[0])
        columns = zip(*map(_kept, self.rows), strict=True)
        found = [next(filter(None, column), "") for column in columns]
        if len({row.siret for row in self.rows if row.siret}) > 1:
            found[_SIRET] = ""
        return tuple(found)

    def changes(self, guard: completion.Guard) -> dict[str, str]:
        """What the file changes of the stored company: never with an empty value, only gaps once it is linked, and
        never what someone else gave, unless a rule for that field says otherwise. A SIRET is never replaced: another
        one is an establishment, which is the account's.
        """
        if self.company is None or self.wanted() == self.company[3:]:
            return {}
        pk, linked = self.company.pk, self.company.link_state == LinkState.LINKED
        trios = zip(KEPT, self.company[3:], self.wanted(), strict=True)
        new = {name: (old, value) for name, old, value in trios if value and value != old}
        if self.company.siret:
            new.pop("siret", None)
        return {name: value for name, (old, value) in new.items() if guard.lets(pk, name, ours=old, linked=linked)}


@dataclass(slots=True)
class Chunk:
    """Some entities of the file, with what is stored of their accounts and companies."""

    entities: list[Entity]
    accounts: dict[str, AccountFacts]
    companies: dict[int, CompanyFacts]
    payers: set[str] = field(default_factory=set)

    @property
    def rows(self) -> Iterator[tuple[PartnerRow, Entity]]:
        """Every row with its entity."""
        return ((row, entity) for entity in self.entities for row in entity.rows)

    def account_changes(self, account: AccountFacts, row: PartnerRow) -> dict[str, Any]:
        """What the row changes of a stored account but its company; a closed account that is back is open again."""
        trios = zip(OURS, account[3 : 3 + len(OURS)], ours(row), strict=True)
        changes = {name: new for name, old, new in trios if new not in (None, "") and new != old}
        if account.closed_on is not None:
            changes["closed_on"] = None
        if row.payer in self.payers and row.payer != account.payer:
            changes["payer"] = row.payer
        return changes


@dataclass(frozen=True, slots=True)
class PartnersPlan:
    """Rows on disk, put into entities. `left_out` are codes of rows in error, which a complete file still names."""

    staging: Staging
    ledger: str
    guard: completion.Guard
    is_stock: bool = False
    left_out: Collection[str] = ()
    errors: tuple[RowError, ...] = ()

    def outcome(self) -> Outcome:
        """Counts a row as changed when its account or its company changes."""
        known = updated = 0
        issues = Issues()
        for chunk in self.chunks(only_stored=True):
            known += len(chunk.accounts)
            for entity in chunk.entities:
                moved = bool(entity.changes(self.guard))
                stored = [(chunk.accounts[row.code], row) for row in entity.rows if row.code in chunk.accounts]
                updated += sum(moved or _differs(account, row, entity, chunk) for account, row in stored)
            _warn_of_moves(chunk, issues)
        self._warn_of_payers(issues)
        absent = self.absent()
        if much(len(absent), self._open()):
            _warn_of_closing(len(absent), issues)
        counts = Counts(len(self.staging) - known, updated, known - updated, len(absent))
        return Outcome(counts, warnings=tuple(issues.warnings()))

    def chunks(self, *, lock: bool = False, only_stored: bool = False) -> Iterator[Chunk]:
        """Yield the file entity by entity, with what is stored at that moment; a few queries for each thousand.

        `only_stored` leaves out the entities of which nothing is stored.
        """
        for groups in self.staging.groups(only_stored=only_stored):
            rows = [row for _entity, _company, found in groups for row in found]
            accounts = self._accounts(rows)
            holders = {account.company_id for account in accounts.values()}
            companies = _companies({*holders, *(pk for _entity, pk, _rows in groups if pk)}, lock=lock)
            entities = [Entity(found, companies[pk] if pk else None) for _entity, pk, found in groups]
            yield Chunk(entities, accounts, companies, self._payers({row.payer for row in rows if row.payer}))

    def absent(self) -> list[Absent]:
        """The open accounts of the file's ledger and roles that a complete file does not name (domain 6.6)."""
        if not self.is_stock:
            return []
        found: list[Absent] = []
        stored = self._of_roles().order_by().values_list(*Absent._fields)
        for some in chunks(map(Absent._make, stored.iterator())):
            named = self.staging.with_codes(one.code for one in some)
            found.extend(one for one in some if one.code not in named and one.code not in self.left_out)
        return found

    def _open(self) -> int:
        return self._of_roles().count() if self.is_stock else 0

    def _of_roles(self) -> Any:
        return Account.objects.filter(ledger=self.ledger, closed_on=None, role__in=self.staging.roles())

    def _accounts(self, rows: Sequence[PartnerRow]) -> dict[str, AccountFacts]:
        known = Account.objects.filter(ledger=self.ledger, code__among=[row.code for row in rows])
        names = [name if name != "payer" else "payer__code" for name in AccountFacts._fields]
        return {facts.code: facts for facts in map(AccountFacts._make, known.order_by().values_list(*names))}

    def _warn_of_payers(self, issues: Issues) -> None:
        for some in chunks(self.staging.payers()):
            known = self._payers({code for _line, code in some})
            for line, code in some:
                if code not in known:
                    _warn_of_payer(line, code, issues)

    def _payers(self, named: set[str]) -> set[str]:
        """Return those of these payers that exist, in the file or in the ledger."""
        if not named:
            return named
        stored = Account.objects.filter(ledger=self.ledger, code__among=list(named)).order_by()
        return self.staging.with_codes(named) | set(stored.values_list("code", flat=True))


def plan(staging: Staging, *, ledger: str, is_stock: bool = False, left_out: Collection[str] = ()) -> PartnersPlan:
    """Decide, without writing, which company each row is; a few queries for each thousand rows.

    By country and registration number, else by the account code, else by the VAT number, else a new company. An
    account whose number now names another entity moves there.
    """
    Grouping(staging, ledger).run()
    return PartnersPlan(staging, ledger, completion.Guard(), is_stock, left_out)


def _companies(keys: set[int], *, lock: bool) -> dict[int, CompanyFacts]:
    if not keys:
        return {}
    found = Company.everyone.filter(pk__among=sorted(keys)).order_by("pk")
    if lock:
        found = found.select_for_update()  # what someone types meanwhile waits, and is not overwritten unseen
    return {facts.pk: facts for facts in map(_facts, found.values_list(*CompanyFacts._fields))}


def _facts(values: tuple[Any, ...]) -> CompanyFacts:
    facts = CompanyFacts._make(values)
    return facts._replace(country=str(facts.country))


def _differs(account: AccountFacts, row: PartnerRow, entity: Entity, chunk: Chunk) -> bool:
    return account.company_id != entity.pk or bool(chunk.account_changes(account, row))


def _warn_of_moves(chunk: Chunk, issues: Issues) -> None:
    for row, entity in chunk.rows:
        account = chunk.accounts.get(row.code)
        if account and (entity.company is None or entity.company.pk != account.company_id):
            _warn_of_move(row, chunk.companies[account.company_id], issues)


def _warn_of_payer(line: int, code: str, issues: Issues) -> None:
    reason = _("The payer %(code)s is not known: the account is kept as paying itself.")
    fix = _("Import the payer too, in this file or before, or correct the code.")
    issues.warn(line, (_("payer"), code), "unknown_payer", reason % {"code": code}, fix)


def _warn_of_move(row: PartnerRow, old: CompanyFacts, issues: Issues) -> None:
    reason = _("Account %(code)s is held by %(company)s, which has another number (%(number)s): it will move.")
    shown = {"code": row.code, "company": old.name, "number": old.registration_number or "–"}
    fix = _("Nothing to do if the account was given to another company; otherwise correct the number in the ERP.")
    issues.warn(row.line, (_("registration number"), row.registration_number), "account_moves", reason % shown, fix)


def _warn_of_closing(absent: int, issues: Issues) -> None:
    reason = _("This file closes %(gone)d accounts, more than half of those that are open.") % {"gone": absent}
    fix = _("Check that it holds every account of these roles, or apply it as changes only.")
    issues.warn(0, ("", str(absent)), "closes_many", reason, fix)
