"""Why a company moved: between two days, and each move in between."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from companies.models import Company
from monitoring.models import StandingChange
from monitoring.services import why as service
from monitoring.services.why import Case
from monitoring.views.flows import read
from monitoring.views.why_words import Explained, explained

MOST = 12  # moves explained on one page
PART = "why-"  # how the ids of the elements that take the explanation begin


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def why(request: HttpRequest, pk: int) -> HttpResponse:
    """`?from=&to=&known=now`: the whole way, then every move that the portal showed."""
    company = get_object_or_404(Company.everyone, pk=pk)
    asked = read(request.GET, timezone.localdate())
    since, until = asked.period.since, asked.period.until
    whole = service.between(pk, since, until, known_now=asked.period.known_now)
    steps = service.moves(pk, since=since, until=until, most=MOST)
    first, *rest = (explained(one) for one in Case(pk, [whole, *steps]).told())
    if len(rest) == 1 and (rest[0].told.before, rest[0].told.after) == (first.told.before, first.told.after):
        first, *rest = rest  # the only move says it all, with its own day
    context = {"company": company, "asked": asked, "whole": first, "steps": rest, "most": MOST}
    part = request.headers.get("HX-Target", "").startswith(PART)
    response = render(request, "monitoring/_why.html" if part else "monitoring/why.html", context)
    patch_vary_headers(response, ["HX-Target"])
    return response


@dataclass(frozen=True)
class Movement:
    """A movement of the history, with its reason where the positions of the time were kept and the cell changed."""

    change: StandingChange
    why: Explained | None


def movements(pk: int, changes: Iterable[StandingChange]) -> list[Movement]:
    """The movements of a company, each with its reason; a fixed number of queries."""
    listed = list(changes)
    spans = service.at(pk, [one.at for one in listed if one.cell_before != one.cell_after])
    told = zip(spans, Case(pk, spans.values()).told(), strict=True) if spans else []
    reasons = {moment: explained(one) for moment, one in told}
    return [Movement(one, reasons.get(one.at)) for one in listed]
