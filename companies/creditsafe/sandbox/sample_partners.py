"""The partners of the sample ERP export: who is client, supplier or prospect of an industrial company."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from companies.creditsafe.sandbox import bureau, identifiers, words_fr
from companies.creditsafe.sandbox.accounts import month_end
from companies.creditsafe.sandbox.directory import Company, words

CLIENT, SUPPLIER, PROSPECT = "C", "F", "P"
PREFIXES = {CLIENT: "411", SUPPLIER: "401", PROSPECT: "P"}
# French clients wanted of each class, then how many partners of each role are foreign.
CLIENT_CLASSES = {"A": 41, "B": 64, "C": 43, "D": 18, "failed": 5, "unrated": 7, "text": 6, "zero": 2, "no-score": 2}
FOREIGN = {CLIENT: 26, SUPPLIER: 9, PROSPECT: 5}
FRENCH_SUPPLIERS, FRENCH_PROSPECTS, BOTH_ROLES = 58, 30, 25
DAMAGED = 20
_CLASSES = {
    "failed": "failed", "unrated": "unrated", "limit-no-limit": "text", "limit-not-applicable": "text",
    "limit-zero": "zero", "no-credit-score": "no-score",
}  # fmt: skip
# Names that are nowhere in the directory, with their role, town and whether they have a number.
NOWHERE = (
    ("Zéphirin Outillage Spécial", CLIENT, "Dole", "39100", True),
    ("Quincampoix Tôlerie Fine SARL", CLIENT, "Bernay", "27300", True),
    ("Wissembert Câbles et Gaines", CLIENT, "Sarrebourg", "57400", False),
    ("Ets Xaintrailles", CLIENT, "Nérac", "47600", False),
    ("Kerzoncuff Marine SAS", SUPPLIER, "Concarneau", "29900", True),
    ("Ygrande Composites", PROSPECT, "Moulins", "03000", True),
)
_UNTELLING = " ".join((*words_fr.PLACES, *(kernel for trade in words_fr.TRADES for kernel in trade.kernels)))
_COMMON = {*words(_UNTELLING), "ETABLISSEMENTS", "SOCIETE", "FILS", "ETS"}
_SHORTER = {
    "Établissements": "Ets",
    "Société": "Sté",
    "Électricité": "Elec.",
    "Équipement": "Equip.",
    "Matériaux": "Mat.",
}


@dataclass(frozen=True, slots=True)
class Terms:
    """Payment terms as the ERP words them: days after the invoice, then perhaps to the end of the month."""

    text: str
    days: int
    month_end: bool

    def due(self, issued: date) -> date:
        day = issued + timedelta(days=self.days)
        return month_end(day, 0) if self.month_end else day


TERMS = (
    Terms("30 jours nets", 30, False),
    Terms("45 jours fin de mois", 45, True),
    Terms("30 jours fin de mois", 30, True),
    Terms("60 jours nets", 60, False),
    Terms("Comptant", 0, False),
)


@dataclass(frozen=True, slots=True)
class Partner:
    """One row of the partners file; `company` is None for those that exist nowhere."""

    account: str
    name: str
    address: str
    postcode: str
    city: str
    country: str
    number: str
    vat: str
    role: str
    terms: Terms
    company: Company | None


def kind(company: Company) -> str:
    """The class of a company as a client list knows it: a band, or what stands in its place."""
    return _CLASSES.get(company.standing.oddity) or bureau.band(company.standing.score)


class Pools:
    """The companies of a directory, shuffled, each handed out once."""

    def __init__(self, companies: list[Company], rng: Random) -> None:
        shuffled = rng.sample(companies, len(companies))
        self._french = [company for company in shuffled if company.country == "FR"]
        abroad = [company for company in shuffled if company.country != "FR"]
        seen: Counter[str] = Counter()
        turns = []
        for company in abroad:
            seen[company.country] += 1
            turns.append((seen[company.country], company))
        self._abroad = [company for turn, company in sorted(turns, key=lambda pair: pair[0])]

    def french(self, count: int, wanted: str = "") -> list[Company]:
        taken = [company for company in self._french if wanted in {"", kind(company)}][:count]
        if len(taken) < count:
            raise ValueError(
                f"the directory has too few companies for the samples: {wanted or 'French'} {len(taken)}/{count}"
            )
        self._french = [company for company in self._french if company not in taken]
        return taken

    def abroad(self, count: int) -> list[Company]:
        taken, self._abroad = self._abroad[:count], self._abroad[count:]
        return taken


def _erp_name(company: Company, rng: Random) -> str:
    full = f"{company.name} {company.form.short}"
    if company.country != "FR":
        return full
    other = f"{company.form.short} {company.name}"
    return rng.choices((full, other, full.upper(), company.name), weights=(55, 12, 18, 15))[0]


def _damaged_name(company: Company, rng: Random) -> str:
    """The name as someone typed it in a hurry: a word shortened, a partner dropped or two letters swapped."""
    name = " ".join(_SHORTER.get(word, word) for word in company.name.split(" "))
    if name != company.name:
        return name
    longest = max(name.split(" "), key=len)
    place = rng.randint(1, len(longest) - 3)
    typo = longest[:place] + longest[place + 1] + longest[place] + longest[place + 2 :]
    ways = [name.replace(longest, f"{longest[:5]}."), name.replace(longest, typo)]
    head, joined, _ = name.partition(" et ")
    return rng.choice([*ways, head, head] if joined else ways)


def _spaced(number: str, rng: Random) -> str:
    return f"{number[:3]} {number[3:6]} {number[6:]}" if rng.random() < 0.15 else number


class Accounts:
    """Gives account codes: prefix and a telling word of the name, a number when it is taken."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    def code(self, name: str, role: str) -> str:
        telling = [word for word in words(name) if word not in _COMMON and len(word) > 3] or words(name)
        code = PREFIXES[role] + telling[0][:9]
        self._taken[code] += 1
        return code if self._taken[code] == 1 else f"{code}{self._taken[code]}"


def _terms(rng: Random) -> Terms:
    return rng.choices(TERMS, weights=(22, 40, 18, 16, 4))[0]


def _partner(company: Company, role: str, *, rng: Random, accounts: Accounts, damaged: bool = False) -> Partner:
    address = company.address
    number, vat = company.number, company.vat if rng.random() < 0.88 else ""
    if company.country == "FR":
        number = _spaced(number, rng)
        vat = f"{vat[:2]} {vat[2:4]} {vat[4:]}" if vat and rng.random() < 0.1 else vat
    elif vat and rng.random() < 0.4:
        number = ""
    name = _damaged_name(company, rng) if damaged else _erp_name(company, rng)
    return Partner(
        accounts.code(company.name, role), name, f"{address.number} {address.street}", address.postcode, address.city,
        company.country, "" if damaged else number, "" if damaged else vat, role, _terms(rng), company,
    )  # fmt: skip


def _nowhere(rng: Random, accounts: Accounts, seed: int) -> list[Partner]:
    rows = []
    for place, (name, role, city, postcode, numbered) in enumerate(NOWHERE):
        number = identifiers.siren(2_900_000 + place, seed) if numbered else ""
        vat = identifiers.french_vat(number) if numbered else ""
        street = f"{10 + place} {words_fr.STREETS[place]}"
        rows.append(
            Partner(accounts.code(name, role), name, street, postcode, city, "FR", number, vat, role, _terms(rng), None)
        )
    return rows


def choose(companies: list[Company], seed: int) -> list[Partner]:
    """Choose the partners: about 60 % clients, 25 % suppliers, 10 % prospects, 25 companies with two roles."""
    rng, accounts = Random(f"{seed}:partners"), Accounts()
    pools = Pools(companies, rng)
    french = [company for wanted, count in CLIENT_CLASSES.items() for company in pools.french(count, wanted)]
    suppliers = pools.french(FRENCH_SUPPLIERS)
    plain_clients = [company for company in french if kind(company) in "ABC"]
    damaged = {one.index for one in [*rng.sample(plain_clients, DAMAGED - 6), *rng.sample(suppliers, 6)]}
    both = rng.sample([one for one in plain_clients if one.index not in damaged], BOTH_ROLES)
    roles = [(CLIENT, one) for one in french + pools.abroad(FOREIGN[CLIENT])]
    roles += [(SUPPLIER, one) for one in suppliers + both + pools.abroad(FOREIGN[SUPPLIER])]
    roles += [(PROSPECT, one) for one in pools.french(FRENCH_PROSPECTS) + pools.abroad(FOREIGN[PROSPECT])]
    rows = [
        _partner(company, role, rng=rng, accounts=accounts, damaged=company.index in damaged) for role, company in roles
    ]
    return sorted(rows + _nowhere(rng, accounts, seed), key=lambda row: row.account)


AGENCIES = (("Nord", "12 27 50 51 54 57 59 60 62 76 80"), ("Sud", "04 06 11 13 30 31 33 34 40 47 64 66 83 84"))
ANALYSTS = {"Nord": "C. Vasseur", "Sud": "M. Ferrer", "Est et Centre": "L. Kessler", "Export": "A. Duval"}


def followed_by(partner: Partner) -> tuple[str, str]:
    """The agency that sells to a partner, and the analyst who follows it: by its place; nobody for a supplier."""
    if partner.role == SUPPLIER:
        return "", ""
    area = next((name for name, areas in AGENCIES if partner.postcode[:2] in areas.split()), "Est et Centre")
    agency = area if partner.country == "FR" else "Export"
    return agency, ANALYSTS[agency]
