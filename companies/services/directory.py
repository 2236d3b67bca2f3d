"""The bureau's directory: what to search for, and a hit as the other services read it."""

from collections.abc import Iterator
from dataclasses import dataclass

from companies.creditsafe import Client
from companies.creditsafe.errors import BadRequest, NotFound
from companies.creditsafe.payloads import SearchHit
from companies.rules.identifiers import siren_of, vat_of_siren
from companies.rules.matching import Party

SHOWN = 20
HEAD_OFFICE = {"officeType": "HeadOffice"}


@dataclass(frozen=True)
class SearchQuery:
    """What to look for in the directory; empty fields are left out."""

    country: str = "FR"
    name: str = ""
    registration_number: str = ""
    vat_number: str = ""
    postal_code: str = ""
    city: str = ""

    def criteria(self) -> Iterator[dict[str, str]]:
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


def search(query: SearchQuery, *, client: Client) -> list[SearchHit]:
    """Hits of the first search that finds any, head offices first. Raises the client's errors but "bad criteria"."""
    for criteria in query.criteria():
        try:
            page = client.search(query.country, page_size=SHOWN, **criteria, **_head_office(query.country))
        except BadRequest:
            continue  # this country does not know the criterion, or the value is too short for it
        if page.items:
            return list(page.items)
    return []


def _head_office(country: str) -> dict[str, str]:
    return HEAD_OFFICE if country == "FR" else {}


def find(connect_id: str, *, client: Client) -> SearchHit:
    """The hit of one identifier. Raises NotFound when the directory has no such company."""
    page = client.search(connect_id[:2].upper(), id=connect_id)
    if not page.items:
        raise NotFound(connect_id)
    return page.items[0]


def party_from(hit: SearchHit) -> Party:
    return Party(
        name=hit.name,
        registration_number=hit.registration_number,
        vat_number=hit.vat_numbers[0] if hit.vat_numbers else "",
        street=f"{hit.address.house_number} {hit.address.street}".strip(),
        postal_code=hit.address.postal_code,
        city=hit.address.city,
        country=hit.country,
        phone=hit.phones[0] if hit.phones else "",
    )


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
