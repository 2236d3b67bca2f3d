"""Postal addresses, under all the spellings that the endpoints use."""

from dataclasses import dataclass

from companies.creditsafe.payloads.values import first, mapping, text


@dataclass(frozen=True, kw_only=True)
class Address:
    """A postal address; `text` is the whole of it on one line, when the server gives that."""

    text: str = ""
    street: str = ""
    house_number: str = ""
    postal_code: str = ""
    city: str = ""
    province: str = ""
    country: str = ""


def parse_address(value: object) -> Address:
    """Read an address object, or the plain text that monitoring sends (quirk 5)."""
    if isinstance(value, str):
        return Address(text=text(value))
    found = mapping(value)
    house = first(found, "houseNumber", "houseNo")
    return Address(
        text=first(found, "simpleValue"),
        street=_without_number(first(found, "street"), house),
        house_number=house,
        postal_code=first(found, "postalCode", "postCode", "postcode"),
        city=first(found, "city"),
        province=first(found, "province", "state"),
        country=first(found, "country").upper()[:2],
    )


def _without_number(street: str, house: str) -> str:
    """FR repeats the house number in the street of some addresses and not of others (API reference 3.2)."""
    head, _, tail = street.partition(" ")
    return tail.strip() if house and tail and head == house else street
