"""The bureau's directory: what to search for, and a hit as the other services read it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from companies.choices import CompanyStatus
from companies.creditsafe import Client
from companies.creditsafe.errors import BadRequest, NotFound
from companies.creditsafe.payloads import Address, SearchHit
from companies.rules.identifiers import (
    FRENCH_TERRITORIES,
    check_vat,
    normalise_registration,
    siren_of,
    vat_of_siren,
)
from companies.rules.matching import Party, Place
from companies.rules.names import telling_words
from companies.rules.places import city_key, phone_key

SHOWN = 20
DEEP = 100  # hits of a search by rules: a page costs a call, however long it is
HEAD_OFFICE = {"officeType": "HeadOffice"}
LONGEST_NAME = 200
TELLING = 4  # letters of a word that is worth a search of its own
WORDS = 2

HOUSE = 10  # characters of a house number, with its bis and its range

Criteria = dict[str, str]


@dataclass(frozen=True)
class SearchQuery:
    """What to look for in the directory; empty fields are left out."""

    country: str = "FR"
    name: str = ""
    registration_number: str = ""
    vat_number: str = ""
    postal_code: str = ""
    city: str = ""
    phone: str = ""

    def criteria(self) -> Iterator[Criteria]:
        """Searches to try in turn, the surest first: one criteria set each (API reference 2.2)."""
        if self.registration_number:
            yield {"regNo": self.registration_number}
        if self.vat_number:
            yield {"vatNo": self.vat_number}
        if self.name and (self.postal_code or self.city):
            place = {"postCode": self.postal_code} if self.postal_code else {"city": self.city}
            yield {"name": self.name, **place}
        if self.name:
            yield {"name": self.name}

    def by_number(self) -> Iterator[Criteria]:
        """Searches by sound identifiers only; a French VAT number is searched as the SIREN that it holds."""
        sirens = dict.fromkeys(filter(None, (siren_of(self.registration_number), siren_of(self.vat_number))))
        if self.is_french:
            yield from ({"regNo": siren, **HEAD_OFFICE} for siren in sirens)
            return
        if normalise_registration(self.registration_number).strip("0"):
            yield {"regNo": self.registration_number}
        if self.vat_number and check_vat(self.vat_number, self.country).ok:
            yield {"vatNo": normalise_registration(self.vat_number)}

    def by_name(self) -> Iterator[Criteria]:
        """Searches by the words that tell the name: at its postcode, in its city, in its area, anywhere.

        Where a place is given the branches are searched too: our address may be one of theirs.
        """
        name = " ".join(telling_words(self.name))[:LONGEST_NAME]
        if not name:
            return
        for place in self._places():
            yield {"name": name, **place}
        yield {"name": name, **self._head_office()}

    def by_rest(self) -> Iterator[Criteria]:
        """Last resorts, for names with a slip of the pen: the phone, then single words near the place."""
        if self.phone:
            yield {"phoneNo": f"0{phone_key(self.phone)}" if self.is_french else self.phone}
        words = sorted((one for one in telling_words(self.name) if len(one) >= TELLING), key=len, reverse=True)
        for place in self._places(city=not self.postal_code):
            for word in words[:WORDS]:
                yield {"name": word, **place}

    @property
    def is_french(self) -> bool:
        return self.country in FRENCH_TERRITORIES

    def _places(self, *, city: bool = True) -> Iterator[Criteria]:
        code, town = normalise_registration(self.postal_code), city_key(self.city)
        if code:
            yield {"postCode": self.postal_code if not self.is_french else code}
        if town and city:
            yield {"city": town}
        if self.is_french and len(code) == 5:
            yield {"postCode": f"{code[:2]}*"}

    def _head_office(self) -> Criteria:
        return HEAD_OFFICE if self.is_french else {}


def search(query: SearchQuery, *, client: Client) -> list[SearchHit]:
    """Hits of the first search that finds any, head offices first. Raises the client's errors but "bad criteria"."""
    for criteria in query.criteria():
        head_office = HEAD_OFFICE if query.is_french else {}
        hits = ask(query.country, {**criteria, **head_office}, client=client, size=SHOWN)
        if hits:
            return hits
    return []


def ask(country: str, criteria: Criteria, *, client: Client, size: int = DEEP) -> list[SearchHit]:
    """The first page of one search; nothing when the country does not know its criteria, or finds the value too short.

    Raises the client's other errors.
    """
    code = "FR" if country in FRENCH_TERRITORIES else country
    try:
        return list(client.search(code, page_size=size, **criteria).items)
    except BadRequest:
        return []


def find(connect_id: str, *, client: Client) -> SearchHit:
    """The hit of one identifier. Raises NotFound when the directory has no such company."""
    page = client.search(connect_id[:2].upper(), id=connect_id)
    if not page.items:
        raise NotFound(connect_id)
    return page.items[0]


def party_from(hit: SearchHit, branches: Iterable[SearchHit] = ()) -> Party:
    """A hit as the rules compare it, with the addresses of those of its branches that were found too."""
    here = _place(hit)
    return Party(
        name=hit.name,
        registration_number=hit.registration_number,
        vat_number=hit.vat_numbers[0] if hit.vat_numbers else "",
        street=here.street,
        postal_code=here.postal_code,
        city=here.city,
        country=hit.country,
        phone=hit.phones[0] if hit.phones else "",
        branches=tuple(_place(branch) for branch in branches),
        trading_names=hit.trading_names,
        has_ceased=hit.status == CompanyStatus.NON_ACTIVE,
    )


def _place(hit: SearchHit) -> Place:
    return Place(_street(hit.address), hit.address.postal_code, hit.address.city)


def _street(address: Address) -> str:
    """Street with its house number, which some hits have in the address line only (API reference 2.3)."""
    number = address.house_number
    if not number and address.street and address.street in address.text:
        before = address.text.partition(address.street)[0].strip(" ,")
        number = before if before[:1].isdigit() and len(before) <= HOUSE else ""
    return f"{number} {address.street}".strip()


def entity_of(hit: SearchHit) -> str:
    """What all establishments of one legal entity share: the SIREN in France, elsewhere the identifier itself."""
    return hit.siren or hit.connect_id


def theirs(hit: SearchHit) -> dict[str, str]:
    """The fields that a link can bring us, from a hit of the search."""
    siren = hit.siren or siren_of(hit.registration_number) if hit.country == "FR" else ""
    vat = hit.vat_numbers[0] if hit.vat_numbers else (vat_of_siren(siren) if siren else "")
    party = party_from(hit)
    return {
        "name": hit.name,
        "registration_number": siren or hit.registration_number,
        "siret": hit.siret,
        "vat_number": vat,
        "street": party.street,
        "postal_code": party.postal_code,
        "city": party.city,
        "phone": party.phone,
        "activity_code": hit.activity_code,
    }
