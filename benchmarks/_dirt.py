"""Partners as an ERP writes them, with what they truly are: for the matching benchmark.

Most faults are independent of each other, so that several meet in one partner. `dirt` multiplies their shares.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random

from benchmarks._registry import Registry, Town, typo
from benchmarks._words import GROUP, STREET_NAMES, TRADES
from companies.creditsafe.sandbox import identifiers
from companies.creditsafe.sandbox.directory import Address, Company, unaccented, words
from companies.creditsafe.sandbox.words_fr import FORMS

ABSENT = 0.09
CEASED = 0.04
WIDTHS = (20, 24, 25, 30, 30, 32, 35)
SHORTER = {
    "Transports": ("TRANSP.", "TRPTS", "Transp", "TPT"),
    "Établissements": ("Ets", "ETABL.", "Etablt"),
    "Société": ("Sté", "Soc.", "SOC"),
    "Compagnie": ("Cie", "CIE"),
    "Mécanique": ("MECA", "Méca."),
    "Électricité": ("ELEC", "Élec."),
    "Distribution": ("DISTRIB", "Dist."),
    "Industries": ("IND", "Ind.", "Industrie"),
    "International": ("INTL", "Internat."),
    "Maçonnerie": ("MACON.", "Maç."),
    "Équipements": ("EQPTS", "Equip."),
    "Matériaux": ("MATX", "Mat."),
    "Services": ("SCES", "Serv."),
    "Logistique": ("LOG.", "LOGIST"),
    "Informatique": ("INFO.", "Inform"),
    "Développement": ("DEV", "Dévelop."),
    "Frères": ("Frs", "FRERES"),
    "générale": ("GALE", "gén."),
    "Saint": ("St", "ST"),
}
STREETS = {"avenue": ("av", "AV.", "ave"), "boulevard": ("bd", "BLD", "Bd."), "rue": ("r.", "R", "rue"),
           "place": ("pl", "Pl."), "chemin": ("ch.", "CHE"), "route": ("rte", "RTE"), "allée": ("all.", "ALL"),
           "Général": ("Gal", "GAL"), "Saint": ("St",)}  # fmt: skip
REMARKS = (
    "*** ",
    "(LITIGE)",
    " - NE PLUS UTILISER",
    " ANCIEN",
    " (compta)",
    " *BLOQUE*",
    " C/O DIRECTION",
    " / SIEGE",
    " 2EME",
)
PLACEHOLDERS = ("000000000", "999999999", "123456789", "EN COURS", "111111111", "00000000000000")


@dataclass(frozen=True, slots=True)
class Partner:
    """One line of an ERP. `truth` holds the connectIds that are right, none when the directory lacks the company."""

    name: str
    kind: str
    truth: frozenset[str]
    country: str = "FR"
    registration_number: str = ""
    siret: str = ""
    vat_number: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    phone: str = ""


class Ledger:
    """Partners drawn from a registry."""

    def __init__(self, registry: Registry, *, seed: int, dirt: float) -> None:
        self.registry, self.dirt = registry, dirt
        self.rng = Random(f"ledger {seed} {dirt}")
        self.alive = [one for one in registry.companies if one.active]
        self.ceased = [one for one in registry.companies if not one.active]
        self.french = [one for one in self.alive if one.country == "FR"]
        self.trading = [one for one in self.french if one.form.short != "SCI"]

    def partners(self, count: int) -> Iterator[Partner]:
        for _ in range(count):
            yield self._absent() if self.rng.random() < ABSENT else self._present()

    def _may(self, share: float) -> bool:
        return self.rng.random() < min(0.95, share * self.dirt)

    def _present(self) -> Partner:
        company = self.rng.choice(self.ceased if self.rng.random() < CEASED else self.alive)
        clean = Partner(company.name, "present" if company.active else "ceased", frozenset({company.connect_id}))
        found = self._identified(self._placed(clean, company), company)
        heir = self.registry.successors.get(company.index)
        if heir is not None and not (found.registration_number or found.siret or found.vat_number):
            found = replace(found, truth=found.truth | {self.registry.companies[heir].connect_id})
        return self._named(found, company)

    def _placed(self, found: Partner, company: Company) -> Partner:
        """Its address, or that of a branch, or the one it left, as somebody typed it."""
        place, kind = company.address, found.kind
        if company.branches and self._may(0.3):
            place, kind = self.rng.choice(company.branches).address, "branch"
        elif company.country == "FR" and self._may(0.07):
            town = Town(place.city, place.postcode) if self.rng.random() < 0.4 else None
            place, kind = self.registry.address(town), "moved"
        phone = company.phone if self.rng.random() < 0.4 else ""
        found = replace(found, kind=kind, country=company.country, phone=self._phone(phone))
        return self._written(found, place)

    def _phone(self, phone: str) -> str:
        digits = re.sub(r"\D", "", phone)
        if self._may(0.05) and digits:
            return digits[:-1] + str(self.rng.randrange(10))
        return self.rng.choice((phone, digits, phone.replace(" ", "."), re.sub(r"^0", "+33 ", phone)))

    def _written(self, found: Partner, place: Address) -> Partner:
        street, code, city = f"{place.number} {place.street}", place.postcode, place.city
        for long, shorts in STREETS.items():
            if self._may(0.3):
                street = re.sub(rf"\b{long}\b", self.rng.choice(shorts), street)
        street = "" if self._may(0.08) else place.street if self._may(0.06) else street
        street = typo(self.rng, street) if street and self._may(0.05) else street
        if self._may(0.05) and found.country == "FR":
            city, code = f"{city} CEDEX {self.rng.randint(1, 9)}", f"{code[:3]}{self.rng.randint(10, 99)}"
        elif self._may(0.02):
            code = _slip(self.rng, code)
        city = city.replace("Saint-", self.rng.choice(("ST ", "Saint ", "St-"))) if self._may(0.5) else city
        city = typo(self.rng, city) if self._may(0.03) else city[: self.rng.choice((15, 20, 40))]
        city, code = "" if self._may(0.02) else city, "" if self._may(0.03) else code
        upper = self.rng.random() < 0.5
        street, city = (unaccented(street).upper(), unaccented(city).upper()) if upper else (street, city)
        return replace(found, street=street, postal_code=code, city=city)

    def _identified(self, found: Partner, company: Company) -> Partner:
        """Its numbers, or too few of them, or wrong ones."""
        if company.country != "FR":
            return self._identified_abroad(found, company)
        rng, siren, vat = self.rng, company.number, company.vat
        branch = rng.choice(company.branches).number if company.branches else company.office
        sirened = replace(found, registration_number=siren)
        faults: tuple[tuple[float, str, Callable[[], Partner]], ...] = (
            (0.17, "no number", lambda: found),
            (0.015, "placeholder", lambda: replace(found, registration_number=rng.choice(PLACEHOLDERS))),
            (0.025, "slip", lambda: replace(found, registration_number=_slip(rng, siren))),
            (0.015, "slip beside VAT", lambda: replace(found, registration_number=_slip(rng, siren), vat_number=vat)),
            (0.012, "wrong number", lambda: replace(found, registration_number=rng.choice(self.french).number)),
            (0.008, "sister's number", lambda: self._of_sister(found, company)),
            (0.004, "other's VAT", lambda: replace(sirened, vat_number=self._sister(company).vat)),
            (0.006, "made-up number", lambda: replace(found, registration_number=_invented(rng))),
        )  # fmt: skip
        for share, kind, make in faults:
            if self._may(share):
                return replace(make(), kind=kind if kind != "no number" or found.kind == "present" else found.kind)
        siret = replace(found, registration_number=siren, siret=company.office)
        sound = (
            (30, replace(found, registration_number=siren, vat_number=vat)),
            (20, sirened),
            (18, siret),
            (10, replace(siret, siret=branch)),
            (6, replace(found, siret=branch)),
            (16, replace(found, vat_number=vat)),
        )
        return rng.choices([one for _, one in sound], weights=[share for share, _ in sound])[0]

    def _identified_abroad(self, found: Partner, company: Company) -> Partner:
        kinds: tuple[tuple[float, Callable[[], Partner]], ...] = (
            (0.25, lambda: found),
            (0.03, lambda: replace(found, vat_number=_slip(self.rng, company.vat))),
            (0.5, lambda: replace(found, vat_number=company.vat)),
        )
        for share, make in kinds:
            if self._may(share):
                return make()
        return replace(found, registration_number=company.number, vat_number=company.vat)

    def _of_sister(self, found: Partner, company: Company) -> Partner:
        """The number of a near one; when that is all that tells the two apart, the number is right."""
        sister = self._sister(company)
        same = (sister.name, sister.address) == (company.name, company.address)
        truth = frozenset({sister.connect_id}) if same else found.truth
        return replace(found, registration_number=sister.number, truth=truth)

    def _sister(self, company: Company) -> Company:
        """Somebody near it in the registry: of its group, if it has one."""
        near = [*self.registry.companies[max(0, company.index - 3) : company.index + 4]]
        return self.rng.choice([one for one in near if one.country == "FR" and one is not company] or self.french)

    def _named(self, found: Partner, company: Company) -> Partner:
        """Its name, the worse for wear."""
        name, kind = found.name, found.kind
        if self._may(0.012):
            rng, trade = self.rng, self.rng.choice(TRADES)
            name, kind = rng.choice((f"{trade} {rng.choice(STREET_NAMES)}", self.registry.name())), "trade name"
        elif self._may(0.008) and len(name.split()) > 2:
            name, kind = "".join(word[0] for word in name.split()), "acronym"
        name = self._worn(name, company.form.short)
        return replace(found, name=name, kind=kind)

    def _worn(self, name: str, form: str) -> str:
        rng = self.rng
        for long, shorts in SHORTER.items():
            if self._may(0.25):
                name = re.sub(rf"\b{long}\b", rng.choice(shorts), name)
        parts = name.split()
        if len(parts) > 2 and self._may(0.03):
            parts.pop(rng.randrange(1, len(parts)))
        if len(parts) > 1 and self._may(0.05):
            parts = [*parts[1:], parts[0]]
        name = " ".join(parts)
        for share in (0.09, 0.02):
            name = typo(rng, name) if self._may(share) else name
        name = self._formed(name, form)
        name = f"{name}{rng.choice(REMARKS)}" if self._may(0.02) else name
        name = name.replace(" et ", rng.choice((" & ", " ET ", " et "))).replace("-", rng.choice(("-", " ")))
        name = self._misread(name)
        return name[: rng.choice(WIDTHS)].strip() if self._may(0.25) else name[:60]

    def _formed(self, name: str, form: str) -> str:
        rng = self.rng
        if self._may(0.06):
            form = rng.choice([one.short for one in FORMS if one.short not in {form, "SCI"}])  # it changed since
        dotted = ".".join(form) + "."
        return rng.choices(
            (f"{name} {form}", f"{form} {name}", name, f"{name} {dotted}", f"Sté {name}", f"{name} ({form})"),
            weights=(38, 14, 34, 5, 4, 5),
        )[0]

    def _misread(self, name: str) -> str:
        """Capitals without accents most often; now and then what a wrong encoding leaves."""
        if self.rng.random() < 0.55:
            return unaccented(name).upper()
        if self._may(0.04):
            return name.encode().decode("cp1252", "replace")
        return re.sub(r"[^\x00-\x7f]", "?", name) if self._may(0.03) else name

    def _absent(self) -> Partner:
        """A company that the directory lacks, often very like one that it has.

        Where nothing is left of what tells the two apart, neither in the name nor in the address, it is drawn again.
        """
        while True:
            found, near = self._lacking()
            home = found.kind in AT_HOME and all(_begins(word, near.name) for word in words(found.name))
            if not home:
                return found

    def _lacking(self) -> tuple[Partner, Company]:
        rng, near = self.rng, self.rng.choice(self.trading)
        town = Town(near.address.city, near.address.postcode)
        same, elsewhere, there = near.address, self.registry.address(), self.registry.address(town)
        longer = f"{near.name} {rng.choice(GROUP)}"
        other = next(one for one in (self.registry.name() for _ in range(99)) if one != near.name)
        kinds = (
            (34, "unknown", other, elsewhere), (9, "neighbour", other, there), (4, "same street", other, same),
            (12, "sister", longer, there), (7, "sister at home", longer, same),
            (10, "near name", typo(rng, typo(rng, near.name)), there), (9, "homonym elsewhere", near.name, elsewhere),
            (9, "homonym in town", near.name, there), (6, "property company", near.name, same),
        )  # fmt: skip
        _share, kind, name, address = rng.choices(kinds, weights=[one[0] for one in kinds])[0]
        civil = kind == "property company"
        clean = self._written(Partner(name, f"absent: {kind}", frozenset()), address)
        clean = self._absent_numbers(clean, near)
        worn = self._worn(name, "SCI" if civil else rng.choice(FORMS).short)
        worn = f"SCI {name}" if civil and "SCI" not in worn else worn
        phone = f"0{rng.randint(100_000_000, 599_999_999)}" if self._may(0.3) else ""
        return replace(clean, name=worn, phone=phone), near

    def _absent_numbers(self, found: Partner, near: Company) -> Partner:
        rng = self.rng
        number = _invented(rng)
        kinds = (
            (34, found),
            (30, replace(found, registration_number=number)),
            (12, replace(found, registration_number=number, vat_number=identifiers.french_vat(number))),
            (6, replace(found, registration_number=rng.choice(PLACEHOLDERS))),
            (8, replace(found, registration_number=_slip(rng, number))),
            (5, replace(found, registration_number=rng.choice(self.french).number)),
            (5, replace(found, registration_number=near.number) if found.kind in _OTHER_NAMES else found),
        )
        return rng.choices([one for _, one in kinds], weights=[share for share, _ in kinds])[0]


AT_HOME = {"absent: sister at home", "absent: property company"}


def _begins(word: str, name: str) -> bool:
    return any(one.startswith(word) or word.startswith(one) for one in words(name))


_OTHER_NAMES = {"absent: neighbour", "absent: same street"}


def _slip(rng: Random, digits: str) -> str:
    """Two digits swapped, one wrong, one missing or one twice."""
    place, kind = rng.randrange(len(digits) - 1), rng.randrange(5)
    head, here, rest = digits[:place], digits[place], digits[place + 1 :]
    return (
        head
        + (rest[0] + here + rest[1:], rest[0] + here + rest[1:], str(rng.randrange(10)) + rest, rest, here * 2 + rest)[
            kind
        ]
    )


def _invented(rng: Random) -> str:
    """A SIREN with the right check digit that nobody in the directory has: theirs begin with 14 to 16."""
    body = str(rng.choice((3, 4, 5, 7, 8, 9))) + f"{rng.randrange(10_000_000):07d}"
    return body + identifiers.luhn_digit(body)
