"""What a shock would cost, before it comes."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from monitoring.policy_forms import StressForm
from monitoring.services import stress as service
from monitoring.services.stress import Stress
from monitoring.views.late import send

A_PAGE = 25
EXAMPLES = ("sector={sector}&bands=1", "largest=3", "limits=0.5")


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def stress(request: HttpRequest) -> HttpResponse:
    form, found = _asked(request)
    context: dict[str, Any] = {"form": form, "found": found, "page": None, "lines": [], "change": None}
    if found is not None:
        page = Paginator(found.result.in_excess, A_PAGE).get_page(request.GET.get("page"))
        context |= {"page": page, "lines": service.lines(found, list(page.object_list)), **_bars(found)}
    return render(request, "monitoring/stress.html", context)


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def export(request: HttpRequest, fmt: str) -> HttpResponse | StreamingHttpResponse:
    _form, found = _asked(request)
    if fmt not in {"csv", "xlsx"} or found is None:
        raise Http404
    return send(service.sheet(found), fmt, f"stress-{timezone.localdate():%Y-%m-%d}")


def _asked(request: HttpRequest) -> tuple[StressForm, Stress | None]:
    """The scenario of the address; without one, and with one that is not possible, nothing is worked out."""
    sectors = [(code, f"{code} · {count}") for code, count, _owed in service.sectors()]
    asked = any(name in request.GET for name in ("sector", "bands", "largest", "limits"))
    form = StressForm(request.GET if asked else None, sectors=sectors)
    return form, service.run(form.scenario()) if asked and form.is_valid() else None


def _bars(found: Stress) -> dict[str, Any]:
    """The expected loss before and after as widths of one scale, 0 to 100."""
    before, after = found.result.before.gross, found.result.after.gross
    top = max(before, after)
    widths = [int(100 * amount / top) if top else 0 for amount in (before, after)]
    return {"change": after - before, "before_width": widths[0], "after_width": widths[1]}
