"""Who we are to our customers, as managers enter it: the head of every statement of account."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from monitoring.forms import OurCompanyForm, bank_forms
from monitoring.models import OurCompany

PERMISSIONS = ["monitoring.add_ourcompany", "monitoring.change_ourcompany"]
PERMISSIONS += [f"monitoring.{may}_bankaccount" for may in ("add", "change", "delete")]


@permission_required(PERMISSIONS, raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def our_company(request: HttpRequest) -> HttpResponse:
    stored = OurCompany.objects.first() or OurCompany(pk=1)
    form, banks = OurCompanyForm(request.POST or None, instance=stored), bank_forms(request.POST or None, stored)
    if request.method == "POST" and form.is_valid() and banks.is_valid():
        with transaction.atomic():
            form.save()
            banks.save()
        messages.success(request, _("Saved. Statements bear it from now on."))
        return redirect("our_company")
    context: dict[str, Any] = {"form": form, "banks": banks}
    status = 422 if request.method == "POST" else 200
    return render(request, "monitoring/our_company.html", context, status=status)
