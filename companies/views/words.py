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
from companies.rules.matching import Clue, Evidence, Match
from companies.services.provider import Halted

CLUES: Mapping[Clue, object] = {
    Clue.SAME_NUMBER: gettext_lazy("same registration number %(detail)s"),
    Clue.OTHER_NUMBER: gettext_lazy("another registration number: %(detail)s"),
    Clue.SAME_VAT: gettext_lazy("same VAT number"),
    Clue.OTHER_VAT: gettext_lazy("another VAT number: %(detail)s"),
    Clue.NAME: gettext_lazy("names alike at %(detail)s %%"),
    Clue.OTHER_NAME: gettext_lazy("another name: alike at %(detail)s %% only"),
    Clue.SAME_POSTCODE: gettext_lazy("same postcode %(detail)s"),
    Clue.OTHER_POSTCODE: gettext_lazy("another postcode: %(detail)s"),
    Clue.SAME_CITY: gettext_lazy("same city"),
    Clue.OTHER_CITY: gettext_lazy("another city: %(detail)s"),
    Clue.SAME_STREET: gettext_lazy("same street"),
    Clue.SAME_PHONE: gettext_lazy("same phone"),
    Clue.OTHER_COUNTRY: gettext_lazy("another country: %(detail)s"),
}
AGAINST = {
    Clue.OTHER_NUMBER,
    Clue.OTHER_VAT,
    Clue.OTHER_NAME,
    Clue.OTHER_POSTCODE,
    Clue.OTHER_CITY,
    Clue.OTHER_COUNTRY,
}
LINK_STATES: Mapping[LinkState, str] = {
    LinkState.REVIEW: "eye-question",
    LinkState.ABSENT: "zoom-question",
    LinkState.QUEUED: "clock",
    LinkState.UNLINKED: "link-off",
}


class Reason(NamedTuple):
    """One clue in words, and whether it speaks for the candidate."""

    text: str
    speaks_for: bool


def reasons(match: Match) -> list[Reason]:
    """Every clue of a comparison, those that speak for it first."""
    said = [Reason(_said(clue), clue.code not in AGAINST) for clue in match.reasons]
    return sorted(said, key=lambda reason: not reason.speaks_for)


def told(evidence: str) -> list[str]:
    """The clues stored with a link, in words; one that no rule knows any more is left out."""
    pairs = (piece.partition(":") for piece in evidence.split(" · "))
    return [_said(Evidence(Clue(code), detail)) for code, _colon, detail in pairs if code in set(Clue)]


def _said(clue: Evidence) -> str:
    return str(CLUES[clue.code]) % {"detail": clue.detail}


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
