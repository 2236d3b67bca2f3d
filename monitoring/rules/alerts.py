"""Which Creditsafe events and which moves of our own figures a person must look at (API reference 2.8)."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from monitoring.choices import AlertKind, Severity

_KNOWN = {
    ("XX", 101): AlertKind.RATING,
    ("XX", 102): AlertKind.LIMIT,
    ("XX", 104): AlertKind.IDENTITY,
    ("XX", 105): AlertKind.IDENTITY,
    ("XX", 107): AlertKind.DIRECTORS,
    ("IT", 1404): AlertKind.JUDGMENT,
    ("IT", 1405): AlertKind.STATUS,
    ("IT", 1406): AlertKind.STATUS,
}
# Only the group of these codes is known, not their name: the rule's own words go first.
_PRESUMED = {
    ("XX", 103): AlertKind.STATUS,
    ("XX", 106): AlertKind.IDENTITY,
    ("FR", 302): AlertKind.STATUS,
    ("FR", 704): AlertKind.ACCOUNTS,
    ("FR", 802): AlertKind.ACCOUNTS,
    ("GB", 1804): AlertKind.ACCOUNTS,
    ("GB", 1815): AlertKind.IDENTITY,
}
_WORDS = (
    (
        AlertKind.PRIVILEGE,
        r"privilege|urssaf|inscription|nantissement|mortgage|charges? (?:registered|created)|\bliens?\b",
    ),
    (
        AlertKind.JUDGMENT,
        r"judge?ment|jugement|ccj|procedure|proceeding|redressement|liquidation|sauvegarde|insolven|bankrupt|winding up"
        r"|in administration|administrateur judiciaire|protest|contentieux|litigation",
    ),
    (
        AlertKind.LIMIT,
        r"credit limit|limite? de credit|contract limit|limite? de contrat|credit recommendation|encours conseille",
    ),
    (AlertKind.RATING, r"rating|score|band|notation|\bnote\b|classe|solvabilite"),
    (AlertKind.STATUS, r"status|statut|\betat\b|radiation|cessation|dissol|struck off|ceased|activity|activite"),
    (AlertKind.DIRECTORS, r"director|dirigeant|officer|board|gerant|president|manager|administrateur|secretary"),
    (AlertKind.ACCOUNTS, r"accounts|comptes|bilan|balance sheet|financial|turnover|chiffre d'affaires|filing"),
    (
        AlertKind.IDENTITY,
        r"name|address|adresse|raison sociale|denomination|siege|phone|telephone|registered office|website",
    ),
)
_PATTERNS = tuple((kind, re.compile(pattern)) for kind, pattern in _WORDS)
_END_OF_BUSINESS = re.compile(
    r"liquidat|redressement|sauvegarde|insolven|bankrupt|winding up|radi(?:e|ation)|cess|dissol|struck off"
    r"|failure|defaillance|non.?active|inactive|closed|ferme"
)
_NOTHING = re.compile(r"not rated|no rating|no (?:credit )?limit|n/?a|none|nc|-+|non note|not applicable|sans")
_LETTERS = "ABCDE"
_REPORT_WORTHY = frozenset(
    {AlertKind.RATING, AlertKind.LIMIT, AlertKind.STATUS, AlertKind.JUDGMENT, AlertKind.PRIVILEGE, AlertKind.ACCOUNTS}
)
BIG_DROP = 20
"""Points of score; a fall at least this deep is critical."""
WEAK_BELOW = 30
"""A score falling under this enters the weak column of the default policy (domain 4.4)."""


@dataclass(frozen=True, slots=True)
class LimitState:
    """An exposure and the limit it is held against, in one currency; None is unknown, never 0."""

    exposure: Decimal | None = None
    limit: Decimal | None = None

    @property
    def over(self) -> bool:
        """Whether the limit is known and exceeded."""
        return self.exposure is not None and self.limit is not None and self.exposure > max(self.limit, Decimal(0))


def classify_event(
    rule_code: int | None, country: str, name: str, *, old: str | None = None, new: str | None = None
) -> tuple[AlertKind, Severity]:
    """Return the kind and the severity of a Creditsafe event (API reference 2.8).

    Codes are keyed by country, since 802 means one thing in France and another in Finland; an unknown code is read
    by the words of its rule in English or French, and is otherwise of little urgency. Values are texts as received.
    """
    kind = _kind(rule_code, country.upper(), _plain(name))
    return kind, _severity(kind, _plain(name), _plain(old or ""), _plain(new or ""))


def breaches(before: LimitState | None, after: LimitState) -> Iterator[AlertKind]:
    """Yield what a move of our own figures deserves: over the limit, unless it was over already."""
    if after.over and not (before is not None and before.over):
        yield AlertKind.OVER_LIMIT


def needs_report(kind: AlertKind) -> bool:
    """Say whether an event of this kind changes figures that only a new report brings."""
    return kind in _REPORT_WORTHY


def _kind(rule_code: int | None, country: str, name: str) -> AlertKind:
    keys = [] if rule_code is None else [(country, rule_code), ("XX", rule_code)]
    known = next((_KNOWN[key] for key in keys if key in _KNOWN), None)
    worded = next((kind for kind, pattern in _PATTERNS if pattern.search(name)), None)
    presumed = next((_PRESUMED[key] for key in keys if key in _PRESUMED), None)
    return known or worded or presumed or AlertKind.OTHER


def _severity(kind: AlertKind, name: str, old: str, new: str) -> Severity:
    if kind is AlertKind.RATING:
        return _rating_severity(old, new)
    if kind is AlertKind.LIMIT:
        return _limit_severity(old, new)
    if kind is AlertKind.STATUS:
        return _status_severity(new)
    if kind is AlertKind.JUDGMENT:
        return Severity.CRITICAL if _END_OF_BUSINESS.search(f"{name} {new}") else Severity.HIGH
    if kind is AlertKind.PRIVILEGE:
        return Severity.LOW if _fell(old, new) else Severity.HIGH
    return Severity.MEDIUM if kind is AlertKind.DIRECTORS else Severity.LOW


def _rating_severity(old: str, new: str) -> Severity:
    before, after = _letter(old), _letter(new)
    if before is not None and after is not None:
        return _letter_severity(before, after)
    old_score, new_score = _number(old), _number(new)
    if new_score is None or old_score is None:
        lost = bool(old) and (_is_nothing(new) or bool(_END_OF_BUSINESS.search(new)))
        return Severity.HIGH if lost else Severity.MEDIUM
    if new_score >= old_score:
        return Severity.LOW
    deep = old_score - new_score >= BIG_DROP or new_score < WEAK_BELOW <= old_score
    return Severity.CRITICAL if deep else Severity.HIGH


def _letter_severity(before: int, after: int) -> Severity:
    if after <= before:
        return Severity.LOW
    # E says "no score", which is not a fall by four bands.
    deep = _LETTERS[after] == "D" or (_LETTERS[after] != "E" and after - before >= 2)
    return Severity.CRITICAL if deep else Severity.HIGH


def _limit_severity(old: str, new: str) -> Severity:
    before, after = _number(old), _number(new)
    if after == 0 and before != 0:
        return Severity.CRITICAL
    if after is None:
        return Severity.HIGH if before else Severity.MEDIUM
    if before is None:
        return Severity.MEDIUM
    return Severity.HIGH if after < before else Severity.LOW


def _status_severity(new: str) -> Severity:
    if _END_OF_BUSINESS.search(new):
        return Severity.CRITICAL
    return Severity.LOW if re.fullmatch(r"active?|en activite|actif", new) else Severity.MEDIUM


def _fell(old: str, new: str) -> bool:
    before, after = _number(old), _number(new)
    return before is not None and after is not None and after < before


def _letter(text: str) -> int | None:
    """Return the rank of an international letter, alone or before its description; None for anything else."""
    found = re.match(r"([a-e])(?:$|\s*[-·:(|])", text)
    return None if found is None else _LETTERS.index(found[1].upper())


def _number(text: str) -> Decimal | None:
    """Return the figure of a value such as "57", "15,000 EUR" or "15 000,50 €"; None when there is none."""
    found = re.match(r"(?:eur|gbp|usd|[€£$])?\s*(\d[\d\s.,']*)(?:\s*(?:[a-z]{3}|[€£$]|/ ?100))?$", text)
    if found is None:
        return None
    whole = re.sub(r"[.,](\d{1,2})$", r"_\1", re.sub(r"\s", "", found[1]))
    return Decimal(re.sub(r"[^\d_]", "", whole).replace("_", "."))


def _is_nothing(text: str) -> bool:
    return not text or bool(_NOTHING.match(text))


def _plain(text: str) -> str:
    flat = unicodedata.normalize("NFKD", text.replace("\u202f", " ").lower())
    return " ".join("".join(c for c in flat if not unicodedata.combining(c)).split())
