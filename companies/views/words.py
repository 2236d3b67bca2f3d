"""Codes of the rules and errors of the provider, put into words for people."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from companies.choices import LinkState
from companies.creditsafe.errors import (
    AccessDenied,
    BadCredentials,
    BadRequest,
    CreditsafeError,
    NotFound,
    RateLimited,
    Unavailable,
)
from companies.models import Company
from companies.rules.identifiers import Flaw
from companies.rules.matching import Clue, Evidence, Match
from companies.services.provider import Halted

CLUES: Mapping[Clue, object] = {
    Clue.SAME_NUMBER: gettext_lazy("same registration number %(detail)s"),
    Clue.OTHER_NUMBER: gettext_lazy("another registration number: %(detail)s"),
    Clue.NEAR_NUMBER: gettext_lazy("registration number with one slip: %(detail)s"),
    Clue.ODD_NUMBER: gettext_lazy("our number %(detail)s is wrong, and unlike this one"),
    Clue.SAME_VAT: gettext_lazy("same VAT number"),
    Clue.OTHER_VAT: gettext_lazy("another VAT number: %(detail)s"),
    Clue.NAME: gettext_lazy("names alike at %(detail)s %%"),
    Clue.OTHER_NAME: gettext_lazy("another name: alike at %(detail)s %% only"),
    Clue.OTHER_WORDS: gettext_lazy("other words in the name: %(detail)s"),
    Clue.EXTRA_WORDS: gettext_lazy("one name only has: %(detail)s"),
    Clue.CUT_NAME: gettext_lazy("our name may be cut off after %(detail)s characters"),
    Clue.OTHER_FORM: gettext_lazy("another legal form: one of them is a civil company"),
    Clue.SAME_POSTCODE: gettext_lazy("same postcode %(detail)s"),
    Clue.OTHER_POSTCODE: gettext_lazy("another postcode: %(detail)s"),
    Clue.SAME_AREA: gettext_lazy("same area %(detail)s"),
    Clue.SAME_CITY: gettext_lazy("same city"),
    Clue.OTHER_CITY: gettext_lazy("another city: %(detail)s"),
    Clue.SAME_STREET: gettext_lazy("same street"),
    Clue.OTHER_STREET: gettext_lazy("another street: %(detail)s"),
    Clue.NO_HOUSE: gettext_lazy("the house number is missing"),
    Clue.SAME_PHONE: gettext_lazy("same phone"),
    Clue.OTHER_COUNTRY: gettext_lazy("another country: %(detail)s"),
    Clue.BRANCH: gettext_lazy("this is the address of its branch: %(detail)s"),
    Clue.CEASED: gettext_lazy("it has ceased"),
    Clue.SUCCESSOR: gettext_lazy("it may have taken over from %(detail)s, which has ceased"),
}
FRENCH: Mapping[Clue, object] = {
    Clue.SAME_NUMBER: gettext_lazy("same SIREN %(detail)s"),
    Clue.OTHER_NUMBER: gettext_lazy("another SIREN: %(detail)s"),
}
AGAINST = {
    Clue.OTHER_NUMBER,
    Clue.ODD_NUMBER,
    Clue.OTHER_VAT,
    Clue.OTHER_NAME,
    Clue.OTHER_WORDS,
    Clue.EXTRA_WORDS,
    Clue.CUT_NAME,
    Clue.OTHER_FORM,
    Clue.OTHER_POSTCODE,
    Clue.OTHER_CITY,
    Clue.OTHER_STREET,
    Clue.NO_HOUSE,
    Clue.CEASED,
    Clue.OTHER_COUNTRY,
}
LINK_STATES: Mapping[LinkState, str] = {
    LinkState.REVIEW: "eye-question",
    LinkState.ABSENT: "zoom-question",
    LinkState.QUEUED: "clock",
    LinkState.UNLINKED: "link-off",
}


FLAWS: Mapping[Flaw, object] = {
    Flaw.EMPTY: gettext_lazy("empty"),
    Flaw.EXCEL_NUMBER: gettext_lazy("spoilt by Excel: its digits are lost"),
    Flaw.ALL_ZEROS: gettext_lazy("made of zeros"),
    Flaw.LEADING_ZERO_LOST: gettext_lazy("has lost its leading zero"),
    Flaw.WRONG_LENGTH: gettext_lazy("not of the right length"),
    Flaw.BAD_CHARACTERS: gettext_lazy("has characters that don't belong there"),
    Flaw.BAD_CHECKSUM: gettext_lazy("wrong check digit"),
}
LEAVE_REASONS = (
    gettext_lazy("Not in the Creditsafe directory"),
    gettext_lazy("Private person or sole trader"),
    gettext_lazy("Public body or association"),
    gettext_lazy("No longer a partner of ours"),
    gettext_lazy("Entered twice in our books"),
)


class Reason(NamedTuple):
    """One clue in words, and whether it speaks for the candidate."""

    text: str
    speaks_for: bool


def reasons(match: Match, country: str = "") -> list[Reason]:
    """Every clue of a comparison, those that speak for it first."""
    return _reasons(match.reasons, country)


def clues(evidence: str, country: str = "") -> list[Reason]:
    """The clues stored with a candidate, those that speak for it first."""
    return _reasons(read(evidence), country)


def told(evidence: str) -> list[str]:
    """The clues stored with a link, in words; one that no rule knows any more is left out."""
    return [_said(clue) for clue in read(evidence)]


def read(evidence: str) -> list[Evidence]:
    """Clues as a link or a candidate stores them."""
    pairs = (piece.partition(":") for piece in evidence.split(" · "))
    return [Evidence(Clue(code), detail) for code, _colon, detail in pairs if code in set(Clue)]


def _reasons(found: Iterable[Evidence], country: str) -> list[Reason]:
    said = [Reason(_said(clue, country), clue.code not in AGAINST) for clue in found]
    return sorted(said, key=lambda reason: not reason.speaks_for)


def _said(clue: Evidence, country: str = "") -> str:
    words = FRENCH if country == "FR" and clue.code in FRENCH else CLUES
    return str(words[clue.code]) % {"detail": clue.detail}


def linked_words(company: Company, name: str) -> str:
    said = _("%(company)s is linked to %(name)s; its credit report is on order.")
    return said % {"company": company, "name": name}


def refusal(error: CreditsafeError | Halted) -> str:
    """What went wrong at Creditsafe and what to do about it; never a password nor a token."""
    if isinstance(error, Halted):
        return _("Calls to Creditsafe are stopped until an administrator corrects the connection: %(reason)s") % {
            "reason": error
        }
    said = {"reason": str(error) or type(error).__name__}
    return next((str(text) % said for kind, text in REFUSALS if isinstance(error, kind)), _OTHER % said)


_OTHER = gettext_lazy("Creditsafe gave an unexpected answer: %(reason)s")
REFUSALS: Iterable[tuple[type[CreditsafeError], object]] = (
    (
        BadCredentials,
        gettext_lazy(
            "Creditsafe refused our user name or password. Calls are stopped until an administrator corrects them."
        ),
    ),
    (AccessDenied, gettext_lazy("The Creditsafe subscription does not cover this country: %(reason)s")),
    (NotFound, gettext_lazy("Creditsafe has no such company any more: search again.")),
    (RateLimited, gettext_lazy("Creditsafe asks us to slow down: try again in a minute.")),
    (Unavailable, gettext_lazy("Creditsafe does not answer. What is stored stays usable: try again in a moment.")),
    (BadRequest, gettext_lazy("Creditsafe refused this search: %(reason)s")),
)
