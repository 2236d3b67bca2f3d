"""The companies that the sandbox knows, made from a seed: company k is the same however many there are."""

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from functools import cache, lru_cache
from operator import attrgetter
from random import Random
from typing import NamedTuple

from companies.creditsafe.sandbox import bureau, identifiers, words_abroad, words_fr

DEFAULT_COMPANIES = 1200
DEFAULT_SEED = 2026
GIANT = 14  # this company is British whatever the seed, and its report has a megabyte
GROUP_SPACING = 40  # one group starts in each run of this many companies
FRENCH_SHARE = 0.75
_NOT_A_NAME = {
    "SAS",
    "SASU",
    "SARL",
    "SA",
    "EURL",
    "SNC",
    "SCOP",
    "LTD",
    "PLC",
    "GMBH",
    "KG",
    "AG",
    "SRL",
    "NV",
    "BV",
    "SPA",
}
_NOT_A_NAME |= {"SL", "AB", "INC", "LLC", "ET", "DE", "DU", "DES", "LA", "LE", "LES", "CO"}


@dataclass(frozen=True, slots=True)
class Address:
    number: str
    street: str
    postcode: str
    city: str
    province: str

    @property
    def line(self) -> str:
        return f"{self.number} {self.street}, {self.postcode} {self.city}"


@dataclass(frozen=True, slots=True)
class Branch:
    """An establishment that is not the head office (France): `number` is its SIRET."""

    number: str
    address: Address


@dataclass(slots=True)
class Company:
    """One legal entity. `number` is the national number (SIREN in France), `office` its head office (SIRET in France).

    Revenue, assets and equity are those of the last closed year, in units of `currency`.
    """

    index: int
    seed: int
    country: str
    currency: str
    connect_id: str
    safe_number: str
    number: str
    office: str
    vat: str
    name: str
    form: words_fr.Form
    trade: words_fr.Trade
    classification: str
    address: Address
    phone: str
    created: date = bureau.REFERENCE_DAY
    revenue: int = 0
    assets: int = 0
    equity: int = 0
    staff: int = 0
    first: bureau.Standing = field(default_factory=bureau.Standing)
    standing: bureau.Standing = field(default_factory=bureau.Standing)
    branches: tuple[Branch, ...] = ()
    directors: tuple[str, ...] = ()
    active: bool = True
    former_names: tuple[tuple[date, str], ...] = ()
    former_addresses: tuple[Address, ...] = ()
    former_directors: tuple[str, ...] = ()
    notices: tuple[tuple[date, str], ...] = ()
    privileges: int = 0
    filings: int = 0
    version: int = 0
    _past: tuple[bureau.Opinion, ...] = ()

    def twin(self) -> "Company":
        """One that can change without changing this one: all they share is immutable."""
        return Company(*_ALL(self))

    def random(self, purpose: str) -> Random:
        """A generator of its own for each purpose, so that one part can change without moving the others."""
        return Random(f"{self.seed}:{self.index}:{purpose}")

    @property
    def registered_name(self) -> str:
        """The name as the register writes it: capitals without accents in France, the legal form now and then."""
        if self.country != "FR":
            return f"{self.name} {self.form.short}"
        plain = unaccented(self.name).upper()
        return f"{plain} {self.form.short}" if self.index % 5 < 2 else plain

    def history(self) -> tuple[bureau.Opinion, ...]:
        """Every opinion on the company, oldest first, the last being today's."""
        if not self._past:
            self._past = tuple(bureau.past(self.first, self.random("history")))
        return self._past + self.standing.changes


_ALL = attrgetter(*(one.name for one in fields(Company)))


@cache
def unaccented(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))


def words(name: str) -> list[str]:
    """The words that tell a name: capitals, no accents, no legal form, no small words."""
    found = re.findall(r"[A-Z0-9]+", unaccented(name).upper().replace(".", "").replace("'", " "))
    return [word for word in found if word not in _NOT_A_NAME]


def _french_name(rng: Random, trade: words_fr.Trade) -> str:
    kernel, surname = rng.choice(trade.kernels), rng.choice(words_fr.SURNAMES)
    other, place = rng.choice(words_fr.SURNAMES), rng.choice(words_fr.PLACES)
    coined = rng.choice(words_fr.COINED_HEADS) + rng.choice(words_fr.COINED_TAILS)
    patterns = (
        (f"{kernel} {surname}", 30),
        (f"Établissements {surname} et Fils", 9),
        (f"{kernel} {place} {surname}", 14),
        (f"{surname} {kernel}", 14),
        (f"{kernel} {surname} et {other}", 12),
        (f"Société {surname} {kernel}", 6),
        (f"{coined} {kernel}", 9),
        (f"{coined} {surname}", 6),
    )
    return rng.choices([name for name, _ in patterns], weights=[share for _, share in patterns])[0]


def _french_address(rng: Random) -> tuple[Address, str]:
    town = rng.choice(words_fr.TOWNS)
    number = rng.choice(("", " bis")) if rng.random() < 0.1 else ""
    address = Address(
        f"{rng.randint(1, 148)}{number}", rng.choice(words_fr.STREETS), town.postcode, town.name, town.department
    )
    return address, f"{town.dialling} {rng.randint(10, 99)} {rng.randint(10, 99)} {rng.randint(10, 99)}"


def _directors(rng: Random) -> tuple[str, ...]:
    people = []
    for _ in range(rng.randint(1, 4)):
        title, surname = rng.choice(("M", "M", "MME")), rng.choice(words_fr.SURNAMES)
        given = " ".join(rng.sample(words_fr.WOMEN if title == "MME" else words_fr.MEN, rng.randint(1, 2)))
        people.append(unaccented(f"{title} {surname} {given}").upper())
    return tuple(people)


def _abroad_identity(rng: Random, country: str) -> tuple[str, words_fr.Form, words_fr.Trade, Address]:
    land = words_abroad.LANDS[country]
    code, kernel = rng.choice(land.kernels)
    surname, other = rng.choice(land.surnames), rng.choice(land.surnames)
    name = rng.choice((f"{surname} {kernel}", f"{kernel} {surname}", f"{surname} & {other} {kernel}"))
    city, postcode, province = rng.choice(land.towns)
    address = Address(str(rng.randint(1, 180)), rng.choice(land.streets), postcode, city, province)
    trade = next(trade for trade in words_fr.TRADES if trade.code == code)
    short, text = rng.choice(land.forms)
    return name, words_fr.Form(short, "", text, text, 0), trade, address


def make(index: int, seed: int) -> Company:
    """Make company `index`; the same arguments always give the same company."""
    rng = Random(f"{seed}:{index}:identity")
    country = "FR"
    if rng.random() > FRENCH_SHARE:
        country = rng.choices(list(words_abroad.SHARES), weights=list(words_abroad.SHARES.values()))[0]
    if index == GIANT:
        country = "GB"
    company = _french(index, seed, rng) if country == "FR" else _foreign(rng, index=index, seed=seed, country=country)
    _give_size(company, rng)
    _give_troubles(company, rng)
    company.directors = _directors(rng)
    company.created = bureau.REFERENCE_DAY - timedelta(days=rng.randint(5 * 365, 55 * 365))
    return company


def _french(index: int, seed: int, rng: Random) -> Company:
    trade = rng.choice(words_fr.TRADES)
    form = rng.choices(words_fr.FORMS, weights=[form.share for form in words_fr.FORMS])[0]
    name = _french_name(rng, trade)
    address, phone = _french_address(rng)
    siren = identifiers.siren(index, seed)
    office = identifiers.siret(siren, 1)
    safe_number = identifiers.safe_number("FR", index, seed)
    company = Company(
        index, seed, "FR", "EUR", identifiers.connect_id("FR", office, safe_number), safe_number, siren, office,
        identifiers.french_vat(siren), name, form, trade, "NAF/APE", address, phone,
    )  # fmt: skip
    company.branches = tuple(
        Branch(identifiers.siret(siren, establishment), _french_address(rng)[0])
        for establishment in range(2, 2 + rng.choices((0, 1, 2, 4), weights=(62, 20, 12, 6))[0])
    )
    return company


def _foreign(rng: Random, *, index: int, seed: int, country: str) -> Company:
    land = words_abroad.LANDS[country]
    name, form, trade, address = _abroad_identity(rng, country)
    number, vat = identifiers.abroad(country, index, seed)
    safe_number = identifiers.safe_number(country, index, seed)
    phone = f"+{rng.randint(30, 49)} {rng.randint(100, 999)} {rng.randint(100_000, 999_999)}"
    return Company(
        index, seed, country, land.currency, identifiers.connect_id(country, number, safe_number), safe_number, number,
        number, vat, name, form, trade, land.classification, address, phone,
    )  # fmt: skip


def _give_size(company: Company, rng: Random) -> None:
    """Revenue from some 300 000 to 400 million, median about 5 million; little equity where the score is low."""
    crowns = 10 if company.currency == "SEK" else 1
    company.revenue = round(rng.lognormvariate(15.45, 1.25) * crowns)
    company.staff = max(1, round(company.revenue / crowns / rng.uniform(120_000, 260_000)))
    company.assets = round(company.revenue * rng.uniform(0.45, 0.85))
    oddity, score = bureau.draw_oddity(rng), bureau.draw_score(rng)
    weak = (oddity == "failed" or score < 21) and rng.random() < 0.6
    share = rng.uniform(-0.3, 0.04) if weak else 0.06 + 0.0045 * score + rng.gauss(0, 0.06)
    company.equity = round(company.assets * max(-0.35, min(0.78, share)))
    company.first = bureau.draw_standing(
        rng, oddity=oddity, score=score, revenue=company.revenue, equity=company.equity
    )
    company.standing = company.first


def _give_troubles(company: Company, rng: Random) -> None:
    score = company.standing.score
    if company.standing.failed:
        company.active = rng.random() < 0.6
        opened = bureau.REFERENCE_DAY - timedelta(days=rng.randint(20, 700))
        company.notices = ((opened, rng.choice(("LJ", "RJ"))),)
    elif score is not None and score < bureau.LOWEST_LIMITED_SCORE and rng.random() < 0.5:
        company.privileges = rng.randint(1, 3)


class Keys(NamedTuple):
    """All that leads to a company."""

    ids: tuple[str, ...]
    numbers: tuple[str, ...]
    phone: str
    words: tuple[str, ...]


@lru_cache(maxsize=20_000)
def _listed(index: int, seed: int) -> tuple[Company, Keys]:
    """A company as it was made, never to be changed, with its keys: making one takes longer than copying it."""
    company = make(index, seed)
    branches = [branch.number for branch in company.branches]
    ids = (company.connect_id, company.safe_number, *(f"FR-X-{number}" for number in branches))
    numbers = {plain(number) for number in (company.number, company.office, *branches)}
    return company, Keys(ids, tuple(numbers), plain(company.phone), tuple(words(company.name)))


class Directory:
    """The companies with the ways to find them: any id, any number, the words of the name."""

    def __init__(self, count: int, seed: int) -> None:
        self.companies: list[Company] = []
        self.by_id: dict[str, Company] = {}
        self.by_number: dict[str, list[Company]] = defaultdict(list)
        self.by_vat: dict[str, Company] = {}
        self.by_phone: dict[str, Company] = {}
        self._by_word: dict[str, set[int]] = defaultdict(set)
        for index in range(count):
            company, keys = _listed(index, seed)
            self._index(company.twin(), keys)

    def _index(self, company: Company, keys: Keys) -> None:
        self.companies.append(company)
        self.by_id.update(dict.fromkeys(keys.ids, company))
        for number in keys.numbers:
            self.by_number[number].append(company)
        self.by_vat[company.vat] = company
        self.by_phone[keys.phone] = company
        for word in keys.words:
            self._by_word[word[:4]].add(company.index)

    def index_name(self, company: Company) -> None:
        """Make the company findable by its present name; its former names still lead to it."""
        for word in words(company.name):
            self._by_word[word[:4]].add(company.index)

    def find(self, any_id: str) -> Company | None:
        """Find by connectId (of the head office or a branch) or safe number, in either spelling for Britain."""
        return self.by_id.get(any_id) or self.by_id.get(re.sub(r"^GB(?=\d)", "UK", any_id))

    def sharing_a_word(self, name: str) -> list[Company]:
        """Companies with one word of the name at least, as far as its first four letters tell."""
        found: set[int] = set()
        for word in words(name):
            found |= self._by_word.get(word[:4], set())
        return [self.companies[index] for index in sorted(found)]

    def group_of(self, company: Company) -> list[Company]:
        """The group of the company, parent first; empty when it stands alone. One group in each run of 40."""
        start = company.index // GROUP_SPACING * GROUP_SPACING
        size = Random(f"{company.seed}:{start}:group").randint(3, 8)
        return self.companies[start : start + size] if company.index < start + size else []


def plain(number: str) -> str:
    """A number or phone without its blanks, dots and dashes."""
    return re.sub(r"[^0-9A-Za-z]", "", number).upper()
