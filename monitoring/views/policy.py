"""What counts as exposure, for managers: changed only after a look at what that would do."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.core.signing import Signer
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from monitoring.forms import ExposurePolicyForm
from monitoring.models import ExposureSettings
from monitoring.services import exposure_policy as service
from monitoring.services.exposure_policy import Preview


@permission_required("monitoring.view_exposuresettings", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def policy(request: HttpRequest) -> HttpResponse:
    """Everybody reads; who may change gets the effects first, and saves exactly what was shown."""
    may = request.user.has_perm("monitoring.change_exposuresettings")
    if request.method == "POST" and not may:
        raise PermissionDenied
    stored = ExposureSettings.current()
    form = ExposurePolicyForm(request.POST or None, instance=stored, readonly=not may)
    shown: Preview | None = None
    seal = ""
    if request.method == "POST" and form.is_valid():
        seal = Signer(salt="exposure policy").sign(form.fingerprint())
        if request.POST.get("seen") == seal:
            service.save(form.save(commit=False), form.percents(), now=timezone.now())
            messages.success(request, _("The policy is saved; every exposure is being worked out again."))
            return redirect("exposure_policy")
        shown = service.preview(form.save(commit=False), form.percents(), as_of=timezone.localdate())
    context = {"form": form, "may": may, "preview": shown, "seal": seal, "edits": service.history()}
    return render(request, "monitoring/exposure_policy.html", context)
