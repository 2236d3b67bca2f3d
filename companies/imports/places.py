"""Countries and postcodes as ERPs write them."""

import unicodedata
from functools import cache, lru_cache

from babel import Locale

_NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})
_LANGUAGES = ("fr", "en", "de", "es", "it", "nl")
_OTHERS = (
    "FRA:FR F:FR METROPOLE:FR FRANCEMETROPOLITAINE:FR DEU:DE D:DE RFA:DE GER:DE BEL:BE B:BE ESP:ES E:ES ITA:IT I:IT "
    "LUX:LU L:LU CHE:CH SUI:CH GBR:GB UK:GB ANGLETERRE:GB ENGLAND:GB ECOSSE:GB SCOTLAND:GB PAYSDEGALLES:GB "
    "GRANDEBRETAGNE:GB GREATBRITAIN:GB IRLANDEDUNORD:GB NLD:NL HOLLANDE:NL HOLLAND:NL PRT:PT AUT:AT IRL:IE EIRE:IE "
    "DNK:DK SWE:SE NOR:NO FIN:FI POL:PL CZE:CZ REPUBLIQUETCHEQUE:CZ SVK:SK HUN:HU ROU:RO ROM:RO BGR:BG GRC:GR EL:GR "
    "USA:US ETATSUNISDAMERIQUE:US CAN:CA JPN:JP CHN:CN CHINE:CN CHINA:CN HONGKONG:HK MAR:MA TUN:TN DZA:DZ SEN:SN "
    "CIV:CI COTEDIVOIRE:CI TUR:TR TURQUIE:TR TURKEY:TR RUS:RU UKR:UA REUNION:RE MCO:MC PRINCIPAUTEDEMONACO:MC"
)


@lru_cache(maxsize=1000)
def country_code(text: str) -> str | None:
    """Return the ISO code, two letters, of a country's code or name in a common language; None when unknown."""
    return _countries().get(_key(text))


@cache
def _countries() -> dict[str, str]:
    names = {_key(pair.partition(":")[0]): pair.partition(":")[2] for pair in _OTHERS.split()}
    for language in reversed(_LANGUAGES):
        names |= {_key(name): code for code, name in _territories(language)}
    return names | {code: code for code, _name in _territories("en")}


def _territories(language: str) -> list[tuple[str, str]]:
    """Return (code, name) of the countries, without the groups and test codes that CLDR lists beside them."""
    pairs = [(str(code), str(name)) for code, name in Locale(language).territories.items()]
    return [pair for pair in pairs if len(pair[0]) == 2 and pair[0].isalpha() and pair[0] not in _NO_COUNTRIES]


def _key(text: str) -> str:
    flat = unicodedata.normalize("NFKD", text.upper())
    return "".join(c for c in flat if c.isalnum())


@lru_cache(maxsize=20_000)
def postcode(text: str, country: str) -> str:
    """Return a postcode without doubled blanks; a French one in five digits, its lost leading zero given back."""
    tidy = " ".join(text.split()).upper()
    digits = tidy.replace(" ", "").removeprefix("F-")
    if country == "FR" and digits.isascii() and digits.isdigit() and len(digits) in {4, 5}:
        return digits.zfill(5)
    return tidy
