"""Identifiers with right check digits for invented companies, unique because each is a permutation of the index."""

import math


def scattered(index: int, span: int, seed: int) -> int:
    """Send index to one of `span` places, never two indexes to the same place while index < span."""
    step = 7_368_787 % span
    while math.gcd(step, span) != 1:
        step += 1
    return (index * step + seed * 104_729) % span


def luhn_digit(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def siren(index: int, seed: int) -> str:
    """Nine digits, Luhn. Starts with 14 to 16, which the French register gives to no company we know of."""
    digits = str(14_000_000 + scattered(index, 3_000_000, seed))
    return digits + luhn_digit(digits)


def siret(siren_number: str, establishment: int) -> str:
    digits = f"{siren_number}{establishment:04d}"
    return digits + luhn_digit(digits)


def french_vat(siren_number: str) -> str:
    return f"FR{(12 + 3 * (int(siren_number) % 97)) % 97:02d}{siren_number}"


def _british_vat(index: int, seed: int) -> str:
    body = str(8_000_000 + scattered(index, 1_000_000, seed))
    weighted = sum(int(digit) * weight for digit, weight in zip(body, range(8, 1, -1), strict=True))
    return f"GB{body}{97 - (weighted + 55) % 97:02d}"


def _belgian(index: int, seed: int) -> str:
    body = 4_000_000 + scattered(index, 3_000_000, seed)
    return f"0{body}{97 - body % 97:02d}"


def _german_vat(index: int, seed: int) -> str:
    body = str(30_000_000 + scattered(index, 6_000_000, seed))
    product = 10
    for digit in body:
        product = 2 * ((int(digit) + product) % 10 or 10) % 11
    return f"DE{body}{(11 - product) % 10}"


def _italian(index: int, seed: int) -> str:
    body = f"0{400_000 + scattered(index, 500_000, seed)}015"
    return body + luhn_digit(body)


def _spanish(index: int, seed: int) -> str:
    body = f"{4_800_000 + scattered(index, 900_000, seed):07d}"
    return f"B{body}{luhn_digit(body)}"


def _swedish(index: int, seed: int) -> str:
    body = f"5{56_000_000 + scattered(index, 3_000_000, seed):08d}"
    return body + luhn_digit(body)


def abroad(country: str, index: int, seed: int) -> tuple[str, str]:
    """Return (registration number, VAT number or "") of company `index` outside France."""
    if country == "GB":
        return str(51_000_000 + scattered(index, 9_000_000, seed)), _british_vat(index, seed)
    if country == "DE":
        return f"HRB {20_000 + scattered(index, 700_000, seed)}", _german_vat(index, seed)
    if country == "US":
        return f"41-{7_000_000 + scattered(index, 900_000, seed):07d}", ""
    number = {"BE": _belgian, "IT": _italian, "ES": _spanish, "SE": _swedish}[country](index, seed)
    return number, {"BE": "BE", "IT": "IT", "ES": "ES", "SE": "SE"}[country] + number + (
        "01" if country == "SE" else ""
    )


def connect_id(country: str, number: str, safe_number: str) -> str:
    """Creditsafe's own id of a company, in the form of its country (API reference 1.7)."""
    if country == "FR":
        return f"FR-X-{number}"
    if country == "US":
        return f"US-X-{safe_number}"
    if country == "BE":
        return f"BE-X-{number[1:]}"
    digits = "".join(character for character in number if character.isalnum())
    return f"{country}-{'0' if country in {'GB', 'ES'} else 'X'}-{digits}"


def safe_number(country: str, index: int, seed: int) -> str:
    prefix = "UK" if country == "GB" else country
    return f"{prefix}{10_000_000 + scattered(index, 85_000_000, seed):08d}"
