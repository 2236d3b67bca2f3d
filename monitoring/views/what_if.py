"""What a draft would change, while its bounds move."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from monitoring.choices import PolicyState
from monitoring.models import MatrixPolicy
from monitoring.policy_forms import PolicyForm
from monitoring.services import what_if as service
from monitoring.services.money import Rates


@permission_required("monitoring.view_matrixpolicy", raise_exception=True)
@require_safe
def what_if(request: HttpRequest, pk: int) -> HttpResponse:
    """The effect of the bounds in the address, else of those that are saved; a part of a page for htmx."""
    shown = get_object_or_404(MatrixPolicy, pk=pk)
    form = PolicyForm(request.GET, instance=shown) if "high_from" in request.GET else None
    context: dict[str, object] = {"policy": shown, "problems": [], "effect": None, "only_movers": False}
    if form is not None and not form.is_valid():
        context["problems"] = [(form.fields[name].label if name in form.fields else "", errors[0])
                               for name, errors in form.errors.items() if name != "reason"]  # fmt: skip
    if not context["problems"]:
        context |= _effect(request, shown)
    part = bool(request.htmx)  # type: ignore[attr-defined]  # django-htmx adds it
    response = render(request, "monitoring/_what_if.html" if part else "monitoring/what_if.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _effect(request: HttpRequest, shown: MatrixPolicy) -> dict[str, object]:
    """The table, or with `movers` in the address the companies that go the furthest in euros."""
    rates = Rates(timezone.localdate())
    if "movers" in request.GET:
        return {"movers": list(service.movers(shown, rates)), "only_movers": True}
    return {
        "effect": service.effect(shown, rates),
        "query": request.GET.urlencode(),
        "in_force": shown.state == PolicyState.ACTIVE,
    }
