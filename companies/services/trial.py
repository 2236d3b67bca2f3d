"""One deliberate try of the Creditsafe connection, told in words that say what to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from companies.creditsafe import Client
from companies.creditsafe.errors import AccessDenied, BadCredentials, CreditsafeError, RateLimited, Unavailable
from companies.creditsafe.payloads import Access, Allowance
from companies.models import Connection

ONLINE_REPORTS = "creditsafeConnectOnlineReports"
LISTED = 8


@dataclass(frozen=True)
class Answer:
    """What the test found, a line each; never a password nor a token."""

    ok: bool
    lines: tuple[str, ...]


def try_connection(connection: Connection, *, now: datetime) -> Answer:
    """Log in afresh and ask who we are and what we may order; no report is ordered.

    A person asks, so it tries even where calls are stopped: a success lets them resume, a refusal stops them.
    """
    if not connection.is_set:
        return Answer(False, (_("Set a user name and a password first."),))
    client = Client(
        base_url=connection.effective_url,
        username=connection.effective_username,
        password=connection.effective_password,
    )
    try:
        who, access = client.me(), client.access()
    except BadCredentials as error:
        Connection.halt(now, str(error))
        return Answer(False, (_wrong(error),))
    except CreditsafeError as error:
        Connection.note_error(now, str(error) or type(error).__name__)
        return Answer(False, (_wrong(error),))
    Connection.objects.filter(pk=connection.pk).update(halted_at=None, halt_reason="", last_success_at=now)
    reached = _("%(url)s was reached as %(user)s.") % {
        "url": connection.effective_url,
        "user": who.get("username") or connection.effective_username,
    }
    return Answer(True, (reached, *_allowed(access)))


def _wrong(error: CreditsafeError) -> str:
    said = {"reason": str(error) or type(error).__name__}
    if isinstance(error, BadCredentials):
        text = _("Creditsafe refused the user name or the password (%(reason)s). Correct them: refusals lock accounts.")
    elif isinstance(error, AccessDenied):
        text = _("The account was accepted but may not use the API (%(reason)s). Ask Creditsafe for Connect access.")
    elif isinstance(error, RateLimited):
        text = _("Creditsafe asks us to slow down (%(reason)s). Try again in a minute.")
    elif isinstance(error, Unavailable):
        text = _(
            "No answer from this address (%(reason)s). Check the address, the network and the proxy, then try again."
        )
    else:
        text = _("The answer is not Creditsafe Connect's (%(reason)s). Check the address: it ends with /v1.")
    return text % said


def _allowed(access: Access) -> Iterator[str]:
    reports = access.of(ONLINE_REPORTS)
    if not reports:
        yield _("The subscription lists no credit reports: ask Creditsafe.")
        return
    codes = sorted({allowance.country or allowance.name for allowance in reports})
    shown = ", ".join(codes[:LISTED]) + ("…" if len(codes) > LISTED else "")
    said = ngettext("%(count)d country: %(countries)s.", "%(count)d countries: %(countries)s.", len(codes))
    yield said % {"count": len(codes), "countries": shown}
    yield _left(reports)


def _left(reports: tuple[Allowance, ...]) -> str:
    known = [allowance.remaining for allowance in reports if allowance.remaining is not None]
    if not known:
        return _("Creditsafe does not say how many reports are left.")
    return _("Reports left: %(left)d.") % {"left": sum(known)}
