"""Names of companies: what tells them, and how alike two of them are."""

import re
import unicodedata
from functools import lru_cache

from rapidfuzz import fuzz

SHORTEST_CUT = 19
"""Some ERPs keep 20 characters of a name and more; a shorter one is whole."""
CUT = 88
"""Similarity of a name with the one that it is the beginning of."""
ABBREVIATED = 92
"""Similarity of two names whose words are all alike, or short for one another."""
INITIALS = 75
"""Similarity of a name with the initials of its words."""
ALIKE = 80
"""Words at least this alike are one word with a slip of the pen."""
OFF_HYPHEN = 92

LONG = 38
"""Beyond this many characters any name may have been cut."""

_CUT_LENGTHS = frozenset(width - blank for width in (20, 24, 25, 30, 32, 35) for blank in (0, 1))
_LEGAL_PHRASES = re.compile(
    r"\b(?:SOCIETE (?:A RESPONSABILITE LIMITEE|ANONYME|PAR ACTIONS SIMPLIFIEE(?: UNIPERSONNELLE)?"
    r"|CIVILE(?: IMMOBILIERE| PROFESSIONNELLE)?|EN NOM COLLECTIF|COOPERATIVE(?: DE PRODUCTION)?)"
    r"|ENTREPRISE UNIPERSONNELLE A RESPONSABILITE LIMITEE|GMBH ET CO KGA?A?|SP Z O ?O|S R O|D O O)\b"
)
_LEGAL_FORMS = re.compile(
    r"SA|SAS|SASU|SARL|EURL|SNC|SCS|SCA|SCI|SCP|SCM|SCOP|SELARL|SELAS|GIE|EI|EIRL|EARL|GAEC|SEM|LTD|LIMITED"
    r"|PLC|LLC|LLP|INC|CORP|CORPORATION|GMBH|AG|KG|OHG|UG|MBH|KGAA|EK|BV|NV|BVBA|SPRL|SRL|SPA|SRLS|SL|SLU|LDA"
    r"|OY|OYJ|ASA|APS|KFT|ZRT|SRO|DOO"
)
_TRAILING_FORMS = re.compile(r"CO|COMPANY|AB|AS|SE")
_PREFIXES = re.compile(r"SOCIETE|STE|SOC|ETABLISSEMENTS|ETABLISSEMENT|ETS|ENTREPRISE|ENT|MONSIEUR|MADAME|MR|MME|M")
_CIVIL = re.compile(r"\b(?:SCI|SCP|SCM|GFA|SOCIETE CIVILE)\b")
_ABBREVIATIONS = {
    "COMPAGNIE": "CIE",
    "ETABLISSEMENT": "ETS",
    "ETABLISSEMENTS": "ETS",
    "FRES": "FRERES",
    "GPE": "GROUPE",
    "INTL": "INTERNATIONAL",
    "INTERNAT": "INTERNATIONAL",
    "IND": "INDUSTRIES",
    "INDUSTRIE": "INDUSTRIES",
    "SAINT": "ST",
    "SAINTE": "STE",
    "TRANSP": "TRANSPORTS",
    "TRANSPORT": "TRANSPORTS",
    "SCES": "SERVICES",
    "SERVICE": "SERVICES",
}
_SMALL = re.compile(r"ET|DE|DU|DES|LA|LE|LES|L|D|AU|AUX|EN|SUR|THE|AND|OF|UND|VAN|DER|DEN|Y|E|I|DI|DEL")
_MOJIBAKE = re.compile("[ÃÂ][\u0080-\u017f\u2000-\u20ff]")


@lru_cache(maxsize=50_000)
def name_key(name: str) -> str:
    """Return a company name without accents, punctuation, legal form or courtesy words, in capitals.

    Two spellings of one company should have one key; the key of a name that is only a legal form is that form.
    """
    return " ".join(_ABBREVIATIONS.get(word, word) for word in _bare_words(name)) or plain(name)


def telling_words(name: str) -> list[str]:
    """Return the words to search a name by, in their order: without legal form, courtesy and small words."""
    words = _bare_words(name)
    return [word for word in words if not _SMALL.fullmatch(word) and not _PREFIXES.fullmatch(word)] or words


def name_similarity(ours: str, theirs: str) -> int:
    """Return how alike two names are, 0 to 100, whatever the order of their words; an unknown name gives 0.

    Words that are short for one another count, as does a name that an ERP has cut.
    """
    a, b = sorted((name_key(ours), name_key(theirs)))
    if not a or not b:
        return 0
    if a == b:
        return 100
    return max(_spelling(a, b), _beginning(ours, theirs), _abbreviation(a, b))


def words_apart(ours: str, theirs: str) -> tuple[str, str]:
    """Return the words that only our name has and those that only theirs has, small words left out.

    A slip of the pen, an abbreviation and initials are no other word; a number always is.
    """
    a, b = name_key(ours), name_key(theirs)
    if a <= b:
        return _apart(a, b)
    second, first = _apart(b, a)
    return first, second


@lru_cache(maxsize=50_000)
def is_civil(name: str) -> bool:
    """Whether the name is that of a civil company, as the one that owns the walls of a business often is."""
    return bool(_CIVIL.search(plain(name)))


def may_be_cut(name: str) -> bool:
    """Whether the name is as long as an ERP keeps names: more may have followed."""
    length = len(name.strip())
    return length in _CUT_LENGTHS or length >= LONG


def plain(text: str) -> str:
    """Return letters and digits in capitals, one blank between words, S.A.R.L. as SARL and & as ET."""
    whole = _repaired(text) if _MOJIBAKE.search(text) else text
    flat = unicodedata.normalize("NFKD", whole.upper().replace("Œ", "OE").replace("Æ", "AE").replace("&", " ET "))
    bare = "".join(c for c in flat if not unicodedata.combining(c))
    joined = re.sub(r"\b(?:\w\.){2,}\w?", lambda initials: initials[0].replace(".", "") + " ", bare)
    return " ".join("".join(c if c.isalnum() else " " for c in joined).split())


def _repaired(text: str) -> str:
    """UTF-8 that was read as cp1252 (domain 6.2); the text itself when it was not."""
    try:
        return text.encode("cp1252").decode()
    except UnicodeError:
        return text


@lru_cache(maxsize=50_000)
def _bare_words(name: str) -> list[str]:
    words = _LEGAL_PHRASES.sub(" ", plain(name)).split()
    return _without_forms(words) or words


def _without_forms(words: list[str]) -> list[str]:
    start, end = 0, len(words)
    while start < end and (_LEGAL_FORMS.fullmatch(words[start]) or _PREFIXES.fullmatch(words[start])):
        start += 1
    while end > start and (_LEGAL_FORMS.fullmatch(words[end - 1]) or _TRAILING_FORMS.fullmatch(words[end - 1])):
        end -= 1
    return words[start:end]


def _spelling(a: str, b: str) -> int:
    return int(max(fuzz.ratio(a, b), fuzz.token_sort_ratio(a, b), fuzz.ratio(a.replace(" ", ""), b.replace(" ", ""))))


def _beginning(ours: str, theirs: str) -> int:
    """What a cut name is worth."""
    short, long = sorted((ours.strip(), theirs.strip()), key=lambda name: (len(name_key(name)), name))
    return CUT if len(short) >= SHORTEST_CUT and name_key(long).startswith(name_key(short)) else 0


def _abbreviation(a: str, b: str) -> int:
    if _are_initials(a, b) or _are_initials(b, a):
        return INITIALS
    return 0 if any(_apart(a, b)) else ABBREVIATED


def _are_initials(short: str, long: str) -> bool:
    words = long.split()
    if not 3 <= len(short) == len(short.replace(" ", "")) or len(words) < 3:
        return False
    return short in {"".join(w[0] for w in words), "".join(w[0] for w in words if not _SMALL.fullmatch(w))}


@lru_cache(maxsize=100_000)
def _apart(a: str, b: str) -> tuple[str, str]:
    """Words of two keys, in their alphabetical order, that have no fellow in the other."""
    if fuzz.ratio(a.replace(" ", ""), b.replace(" ", "")) >= OFF_HYPHEN and _numbers(a) == _numbers(b):
        return "", ""
    if _are_initials(a, b) or _are_initials(b, a):
        return "", ""
    left = [word for word in a.split() if not _SMALL.fullmatch(word)]
    right = [word for word in b.split() if not _SMALL.fullmatch(word)]
    for fits in (str.__eq__, _same_word):
        for word in list(left):
            fellow = next((other for other in right if fits(word, other)), None)
            if fellow is not None:
                left.remove(word)
                right.remove(fellow)
    return " ".join(left), " ".join(right)


def _numbers(key: str) -> list[str]:
    return sorted(re.findall(r"\d+", key))


def _same_word(one: str, other: str) -> bool:
    if one.isdigit() or other.isdigit() or not one or not other or one[0] != other[0]:
        return len(one) > 4 and not (one.isdigit() or other.isdigit()) and fuzz.ratio(one, other) >= ALIKE
    short, long = sorted((one, other), key=len)
    if long.startswith(short):
        return len(short) > 1
    return fuzz.ratio(one, other) >= ALIKE or (2 < len(short) <= 0.7 * len(long) and _is_inside(short, long))


def _is_inside(short: str, long: str) -> bool:
    """Whether all letters of an abbreviation come in the word, in their order: TRPTS in TRANSPORTS."""
    letters = iter(long)
    return all(letter in letters for letter in short)
