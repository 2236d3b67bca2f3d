"""Rows into legal entities, and entities to stored companies: first those with a number, which is certain."""

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from companies.models import Account, Company, Merge
from companies.services.staging import Key, Staging

MANY = 4000
Numbered = tuple[int, list[Key]]


class Holder(NamedTuple):
    """The company that holds an account, and whether it has a number of its own."""

    company: int
    is_numbered: bool


class Grouping:
    """Finds the companies of a staged file, some thousand entities at a time."""

    def __init__(self, staging: Staging, ledger: str) -> None:
        self.staging = staging
        self.ledger = ledger
        self.adopted: set[int] = set()

    def run(self) -> None:
        """Place every row, and settle which stored company each entity is."""
        self.staging.place_numbered()
        placed = self.staging.placed()
        while some := list(islice(placed, MANY)):
            self.staging.settle(self._numbered(some))
        unnumbered = self.staging.unnumbered()
        while rows := list(islice(unnumbered, MANY)):
            self._place(rows)

    def _numbered(self, some: Sequence[Numbered]) -> list[tuple[int, int]]:
        """Return the company of each entity whose number is known, or new to a company that had none."""
        by_number = _by_number([keys[0] for _entity, keys in some])
        found: dict[int, int] = {}
        for entity, keys in some:
            company = by_number.get((keys[0].country, keys[0].registration_number))
            if company is not None:
                found[entity] = company
        self._adopt([one for one in some if one[0] not in found], found)
        return sorted(found.items())

    def _adopt(self, new: Sequence[Numbered], found: dict[int, int]) -> None:
        """Give a number that is new to us to the company of its account or VAT number, if that one has none yet."""
        keys = [key for _entity, keys in new for key in keys]
        accounts, vats = self._holders(keys), _by_vat(keys)
        if not accounts and not vats:
            return
        moving: list[int] = []
        for entity, rows in new:
            wanted = (holder for key in rows for holder in (accounts.get(key.code), vats.get(key.vat_number)) if holder)
            free = (h.company for h in wanted if not h.is_numbered and h.company not in self.adopted)
            company = next(free, None)
            if company is not None:
                self.adopted.add(company)
                found[entity] = company
            elif any(key.code in accounts for key in rows):
                moving.append(entity)
        self.staging.remember(moving)

    def _place(self, rows: Sequence[Key]) -> None:
        """Put rows without a number with the company of their account, else of their VAT number, else alone."""
        accounts = self._holders(rows)
        strangers = [key for key in rows if key.code not in accounts and key.vat_number]
        stored = _by_vat(strangers)
        in_file = self.staging.entities_with(key.vat_number for key in strangers) if strangers else {}
        known = {holder.company for holder in (*accounts.values(), *stored.values())}
        entities = self.staging.entities_of(known) if known else {}
        places: list[tuple[int, int]] = []
        settled: list[tuple[int, int]] = []
        for key in rows:
            holder = accounts.get(key.code)
            entity = None if holder else in_file.get(key.vat_number)
            if entity is None:
                holder = holder or stored.get(key.vat_number)
                entity = entities.get(holder.company, key.line) if holder else key.line
                if holder and entity == key.line:
                    entities[holder.company] = entity
                    settled.append((entity, holder.company))
            places.append((entity, key.line))
            if key.vat_number:
                in_file.setdefault(key.vat_number, entity)
        self.staging.place(places)
        self.staging.settle(settled)

    def _holders(self, keys: Sequence[Key]) -> dict[str, Holder]:
        found = Account.objects.filter(ledger=self.ledger, code__among=[key.code for key in keys]).order_by()
        rows = found.values_list("code", "company_id", "company__registration_number")
        return {code: Holder(company, bool(number)) for code, company, number in rows}


def _by_number(keys: Sequence[Key]) -> dict[tuple[str, str], int]:
    """Return the company of each country and number; a number that a merge took away leads to the one that stayed."""
    numbers = [key.registration_number for key in keys]
    merges = Merge.objects.in_force().filter(registration_number__among=numbers).order_by("at")
    merged = list(merges.values_list("country", "registration_number", "survivor_id"))
    living = Company.objects.filter(registration_number__among=numbers).order_by()
    kept = _survivors({pk for _country, _number, pk in merged})
    found = {(country, number): kept[pk] for country, number, pk in merged}
    rows = living.values_list("country", "registration_number", "pk")
    return found | {(str(country), number): pk for country, number, pk in rows}


def _survivors(keys: set[int]) -> dict[int, int]:
    """Return for each company the one that it was merged into, however often, or itself."""
    last = {key: key for key in keys}
    while True:
        merged = Company.everyone.filter(pk__among=sorted(set(last.values()))).exclude(merged_into=None).order_by()
        further = dict(merged.values_list("pk", "merged_into_id")) if last else {}
        if not further:
            return last
        last = {key: further.get(pk, pk) for key, pk in last.items()}


def _by_vat(keys: Sequence[Key]) -> dict[str, Holder]:
    vats = {key.vat_number for key in keys if key.vat_number}
    if not vats:
        return {}
    found = Company.objects.filter(vat_number__among=sorted(vats)).order_by("-pk")
    rows = found.values_list("vat_number", "pk", "registration_number")
    return {vat: Holder(pk, bool(number)) for vat, pk, number in rows}
