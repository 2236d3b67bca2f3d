"""A directory of invented companies for the matching benchmark, and a client that searches it in memory.

The companies are made here, from other words than the sandbox's own: groups, homonyms, sister companies, predecessors
and their successors, branches, neighbours. `Memory.search` answers as the sandbox's `GET /companies` does (words of the
name by their beginnings, more than half of them; places by their parts; no rows beyond 500 hits), only faster.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from random import Random
from typing import NamedTuple

from benchmarks._words import BRANDS, GROUP, HEADS, PLACES, RIVERS, SAINTS, STREET_NAMES, TAILS, TRADES
from companies.creditsafe.errors import BadRequest
from companies.creditsafe.payloads.search import SearchHit, SearchPage, parse_hit
from companies.creditsafe.sandbox import identifiers, words_abroad, words_fr
from companies.creditsafe.sandbox.directory import Address, Branch, Company, Directory, Keys, plain, unaccented, words
from companies.creditsafe.sandbox.search import MOST_HITS, item

HOLDING = words_fr.Form("SCI", "6540", "Property company", "Société civile immobilière", 4)
FORMS = (*words_fr.FORMS, HOLDING)
WEIGHTS = [form.share for form in FORMS]
ABROAD = {"GB": 3, "BE": 4, "DE": 3, "IT": 2, "ES": 2}
STREET_KINDS = ("rue", "rue", "rue", "avenue", "boulevard", "chemin", "route", "place", "allée", "impasse", "quai")


class Town(NamedTuple):
    name: str
    postcode: str


class Registry:
    """Companies made from a seed. `successors` goes from the index of a ceased company to the one that took over."""

    def __init__(self, count: int, seed: int) -> None:
        self.rng, self.seed = Random(f"registry {seed}"), seed
        self.companies: list[Company] = []
        self.successors: dict[int, int] = {}
        self._surnames = self.rng.sample([head + tail for head in HEADS for tail in TAILS], 2500)
        self.towns = list(self._towns())
        self._crowd = list(range(len(self.towns)))
        self._shares = [12 / (place + 4) for place in self._crowd]
        while len(self.companies) < count:
            self._more()

    def surname(self) -> str:
        """Some names are borne by many."""
        return self._surnames[int(len(self._surnames) * self.rng.random() ** 2)]

    def town(self) -> Town:
        return self.towns[self.rng.choices(self._crowd, weights=self._shares)[0]]

    def address(self, town: Town | None = None) -> Address:
        town, rng = town or self.town(), self.rng
        number = f"{rng.randint(1, 180)}{rng.choice(('', '', '', '', '', ' bis'))}"
        street = f"{rng.choice(STREET_KINDS)} {rng.choice(STREET_NAMES)}"
        if rng.random() < 0.1:
            street = f"{rng.choice(('ZI', 'ZA', 'zone industrielle', 'parc d activités'))} {rng.choice(STREET_NAMES)}"
        return Address(number, street, town.postcode, town.name, f"({town.postcode[:2]})")

    def name(self) -> str:
        rng, surname, trade = self.rng, self.surname(), self.rng.choice(TRADES)
        other, place, brand = self.surname(), rng.choice(PLACES), rng.choice(BRANDS)
        made = (
            (f"{trade} {surname}", 24), (f"{surname} {trade}", 10), (f"{surname} et Fils", 6), (f"{surname} Frères", 4),
            (f"Établissements {surname}", 6), (f"{brand}", 4), (f"{brand} {trade}", 8), (f"{trade} {place}", 6),
            (f"{trade} {place} {surname}", 4), (f"Société {place} de {trade}", 3), (f"{surname}", 5),
            (f"{surname} {other} et Associés", 3), (f"Compagnie {place} {brand}", 2), (self._coined(), 9),
            (f"Société d'exploitation des Établissements {surname} et Compagnie", 2),
            (f"{self._initials()} {trade}", 3),
            (f"Le {rng.choice(('Petit', 'Grand', 'Bon', 'Vieux'))} {trade}", 2), (f"{trade} générale {surname}", 3),
        )  # fmt: skip
        return rng.choices([one for one, _ in made], weights=[share for _, share in made])[0]

    def fresh(self, name: str, address: Address, *, form: words_fr.Form | None = None) -> Company:
        """A French company; it is in the directory only once it is kept."""
        rng, index = self.rng, len(self.companies)
        siren = identifiers.siren(index, self.seed)
        office, safe = (
            identifiers.siret(siren, rng.choice((1, 1, 2, 3))),
            identifiers.safe_number("FR", index, self.seed),
        )
        phone = f"0{rng.randint(1, 5)} {' '.join(f'{rng.randint(10, 99)}' for _ in range(4))}"
        return Company(
            index, self.seed, "FR", "EUR", identifiers.connect_id("FR", office, safe), safe, siren, office,
            identifiers.french_vat(siren), name, form or rng.choices(FORMS, weights=WEIGHTS)[0],
            rng.choice(words_fr.TRADES), "NAF/APE", address, phone,
        )  # fmt: skip

    def keep(self, company: Company) -> Company:
        rng = self.rng
        if company.country == "FR" and rng.random() < 0.18:
            places = (self.address() for _ in range(rng.choice((1, 1, 2, 3, 6))))
            numbers = (identifiers.siret(company.number, 10 + place) for place in range(9))
            company.branches = tuple(Branch(number, place) for place, number in zip(places, numbers, strict=False))
        self.companies.append(company)
        return company

    def _more(self) -> None:
        kind = self.rng.random()
        if kind < 0.02:
            self._group()
        elif kind < 0.10 and len(self.companies) > 100:
            self._homonym()
        elif kind < 0.13:
            self._succession()
        elif kind < 0.22:
            self._foreign()
        else:
            company = self.keep(self.fresh(self.name(), self.address()))
            company.active = self.rng.random() > 0.03

    def _group(self) -> None:
        """Sisters under one name, half of them at one address."""
        rng, kernel, home = self.rng, self.rng.choice((self.surname(), self._coined(), self.name())), self.address()
        for member in ["", *rng.sample(GROUP, rng.randint(2, 8))]:
            place = home if rng.random() < 0.5 else self.address()
            self.keep(self.fresh(f"{kernel} {member}".strip(), place))

    def _homonym(self) -> None:
        """Another company of the same name, now and then in the same town, or a name one letter away."""
        rng, other = self.rng, self.rng.choice(self.companies)
        if other.country != "FR":
            return
        town = Town(other.address.city, other.address.postcode) if rng.random() < 0.08 else None
        name = other.name if rng.random() < 0.8 else typo(rng, other.name)
        self.keep(self.fresh(name, self.address(town)))

    def _succession(self) -> None:
        """A ceased company and the one that goes on in its place."""
        rng, first = self.rng, self.keep(self.fresh(self.name(), self.address()))
        first.active = False
        name = (
            first.name if rng.random() < 0.6 else f"{first.name} {rng.choice(('Nouvelle', 'Exploitation', 'Groupe'))}"
        )
        heir = self.keep(self.fresh(name, first.address))
        self.successors[first.index] = heir.index

    def _foreign(self) -> None:
        rng, index, seed = self.rng, len(self.companies), self.seed
        country = rng.choices(list(ABROAD), weights=list(ABROAD.values()))[0]
        land = words_abroad.LANDS[country]
        town, postcode, province = rng.choice(land.towns)
        short, text = rng.choice(land.forms)
        number, vat = identifiers.abroad(country, index, seed)
        safe = identifiers.safe_number(country, index, seed)
        kernel, surname = rng.choice(land.kernels)[1], rng.choice((self.surname(), rng.choice(land.surnames)))
        name = rng.choice((f"{surname} {kernel}", f"{kernel} {surname}", f"{surname} & {self.surname()} {kernel}"))
        address = Address(str(rng.randint(1, 180)), rng.choice(land.streets), postcode, town, province)
        phone = f"+{rng.randint(30, 49)} {rng.randint(100, 999)} {rng.randint(100_000, 999_999)}"
        self.keep(
            Company(
                index, seed, country, land.currency, identifiers.connect_id(country, number, safe), safe, number,
                number, vat, name, words_fr.Form(short, "", text, text, 0), rng.choice(words_fr.TRADES),
                land.classification, address, phone,
            )
        )  # fmt: skip

    def _coined(self) -> str:
        return f"{self.rng.choice(HEADS)}{self.rng.choice(('o', 'i', 'a', ''))}{self.rng.choice(TAILS)}"

    def _initials(self) -> str:
        return "".join(self.rng.choice("ABCDEFGIJLMNPRSTV") for _ in range(3))

    def _towns(self) -> Iterator[Town]:
        for name, codes in (
            ("Paris", range(75001, 75021)),
            ("Marseille", range(13001, 13017)),
            ("Lyon", range(69001, 69010)),
        ):
            yield from (Town(name, str(code)) for code in codes)
        yield from (Town(town.name, town.postcode) for town in words_fr.TOWNS)
        rng = self.rng
        for _ in range(500):
            code = f"{rng.randint(1, 94):02d}{rng.randint(10, 99)}0"
            for _ in range(rng.choice((1, 1, 2, 4))):
                link, river = rng.choice(("sur", "lès", "en", "sous")), rng.choice(RIVERS)
                plain_name = f"{rng.choice(HEADS)}{rng.choice(TAILS)}"
                yield Town(rng.choice((plain_name, plain_name, f"Saint-{rng.choice(SAINTS)}-{link}-{river}")), code)


def typo(rng: Random, text: str) -> str:
    """One slip of the keyboard in a word of four letters or more; the text itself when it has none."""
    places = [place for place in range(1, len(text) - 1) if text[place - 1 : place + 2].isalpha()]
    if not places:
        return text
    place = rng.choice(places)
    kind, letter = rng.randrange(4), rng.choice("aeiorstlnm")
    letter = letter.upper() if text[place].isupper() else letter
    here, rest = text[place], text[place + 1 :]
    return text[:place] + (rest[0] + here + rest[1:], rest, here * 2 + rest, letter + rest)[kind]


Office = tuple[int, int]
"""A company and its establishment: -1 is the head office, then its branches in their order."""


class Memory:
    """The directory behind the client's `search`. `calls` counts the questions."""

    def __init__(self, companies: list[Company]) -> None:
        self.companies, self.calls = companies, 0
        self._words: dict[str, set[int]] = defaultdict(set)
        self._heads: dict[str, set[int]] = defaultdict(set)
        self._numbers: dict[str, list[int]] = defaultdict(list)
        self._vat: dict[str, int] = {}
        self._phones: dict[str, int] = {}
        self._codes: dict[str, set[Office]] = defaultdict(set)
        self._cities: dict[str, set[Office]] = defaultdict(set)
        for company in companies:
            self._index(company)
        self._vocabulary = sorted(self._words)
        self._matching = lru_cache(maxsize=None)(self._matching_words)
        self._placed = lru_cache(maxsize=20_000)(self._in_place)
        self._hit = lru_cache(maxsize=None)(self._make_hit)
        self._companies_of = lru_cache(maxsize=20_000)(companies_of)

    def _index(self, company: Company) -> None:
        for word in set(words(company.registered_name)):
            self._words[word].add(company.index)
        for word in words(company.name):
            self._heads[word[:4]].add(company.index)
        for number in {plain(one) for one in numbers(company)}:
            self._numbers[number].append(company.index)
        self._vat[company.vat] = self._phones[plain(company.phone)] = company.index
        for place, address in enumerate((company.address, *(one.address for one in company.branches)), -1):
            self._codes[flat(address.postcode)].add((company.index, place))
            self._cities[flat(address.city)].add((company.index, place))

    def search(self, country: str, *, page_size: int = 10, **criteria: str) -> SearchPage:
        """One page, as the sandbox would give it over HTTP."""
        self.calls += 1
        check(country, criteria)
        found = [pair for pair in self._found(criteria) if self.companies[pair[0]].country == country]
        if len(found) > MOST_HITS:
            return SearchPage(total=len(found), codes=("TooManyResults",))
        return SearchPage(items=tuple(self._hit(*pair) for pair in found[:page_size]), total=len(found))

    def _found(self, criteria: dict[str, str]) -> list[Office]:
        ranked, place = self._ranked(criteria), self._placed(criteria.get("postCode", ""), criteria.get("city", ""))
        only_head = criteria.get("officeType", "").lower() == "headoffice"
        number = plain(criteria.get("regNo", ""))
        offices = chain.from_iterable(self._offices(one, number, only_head=only_head) for one in ranked)
        return [office for office in offices if place is None or office in place]

    def _offices(self, index: int, number: str, *, only_head: bool) -> list[Office]:
        company = self.companies[index]
        offices = [(index, -1)] if only_head else [(index, place) for place in range(-1, len(company.branches))]
        if company.country == "FR" and len(number) == 14:
            numbers = (company.office, *(branch.number for branch in company.branches))
            offices = [office for office in offices if numbers[office[1] + 1] == number]
        return offices

    def _ranked(self, criteria: dict[str, str]) -> Iterable[int]:
        if "regNo" in criteria:
            return self._numbers.get(plain(criteria["regNo"]), [])
        for name, index in (("vatNo", self._vat), ("phoneNo", self._phones)):
            if name in criteria:
                found = index.get(plain(criteria[name]))
                return [] if found is None else [found]
        return self._by_name(
            words(criteria["name"]), self._placed(criteria.get("postCode", ""), criteria.get("city", ""))
        )

    def _by_name(self, asked: list[str], place: frozenset[Office] | None) -> Iterable[int]:
        if not asked:
            return []
        known = set().union(*(self._heads.get(word[:4], ()) for word in asked))
        if place is not None:
            known &= self._companies_of(place)
        score = Counter(chain.from_iterable(self._matching(word) & known for word in asked))
        least = len(asked) / 2
        kept = [(-n, index) for index, n in score.items() if n > least or (n == least and len(asked) == 2)]
        return [index for _n, index in sorted(kept)]

    def _matching_words(self, asked: str) -> set[int]:
        """Companies with a word that begins with this one, or that this one begins with."""
        found = [self._words[asked[:size]] for size in range(1, len(asked)) if asked[:size] in self._words]
        start = bisect_left(self._vocabulary, asked)
        while start < len(self._vocabulary) and self._vocabulary[start].startswith(asked):
            found.append(self._words[self._vocabulary[start]])
            start += 1
        return set().union(*found)

    def _in_place(self, code: str, city: str) -> frozenset[Office] | None:
        if not code and not city:
            return None
        sets = [
            set().union(*(offices for place, offices in index.items() if matches(text, place)))
            for text, index in ((code, self._codes), (city, self._cities))
            if text
        ]
        return frozenset(set.intersection(*sets))

    def _make_hit(self, index: int, place: int) -> SearchHit:
        company = self.companies[index]
        return parse_hit(item(company, None if place < 0 else company.branches[place]))


def companies_of(offices: frozenset[Office]) -> frozenset[int]:
    return frozenset(index for index, _place in offices)


def check(country: str, criteria: dict[str, str]) -> None:
    """Raise BadRequest where the sandbox would."""
    least, most = {"FR": (9, 14), "GB": (2, 8)}.get(country, (0, 99))
    sizes = {"name": (2, 200), "city": (2, 100), "postCode": (2, 12), "regNo": (least, most)}
    for name, (low, high) in sizes.items():
        if name in criteria and not low <= len(criteria[name]) <= high:
            raise BadRequest(f"{name} has a wrong length")


def matches(pattern: str, place: str) -> bool:
    wanted = flat(pattern)
    return place.startswith(wanted[:-1]) if wanted.endswith("*") else wanted in place


def flat(text: str) -> str:
    return unaccented(text).upper().replace(" ", "")


def numbers(company: Company) -> tuple[str, ...]:
    return company.number, company.office, *(branch.number for branch in company.branches)


def fill(directory: Directory, companies: Iterable[Company]) -> None:
    """Put these companies into the sandbox's empty directory."""
    for company in companies:
        branches = tuple(f"FR-X-{branch.number}" for branch in company.branches)
        ids = (company.connect_id, company.safe_number, *branches)
        keys = Keys(ids, tuple({plain(n) for n in numbers(company)}), plain(company.phone), tuple(words(company.name)))
        directory._index(company, keys)
