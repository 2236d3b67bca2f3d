"""Companies to look at again, by the review period of their cell, and what was found."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from monitoring.filters.work import OVERDUE, ReviewFilter
from monitoring.models import Standing
from monitoring.services import reviews as service
from monitoring.tables import MOST, ReviewTable, page_of, sort_of
from monitoring.task_forms import ReviewForm
from monitoring.views.tasks import SignedIn, back, refuse

BY_EXPOSURE = "-exposure"
ON_A_COMPANY = 10


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def reviews(request: HttpRequest) -> HttpResponse:
    narrowed = ReviewFilter(request.GET, queryset=service.planned(), request=request)
    rows: QuerySet[Standing] = narrowed.qs
    sort = sort_of(request.GET.get("sort"), table=ReviewTable, default=BY_EXPOSURE)
    table = ReviewTable(data=rows, order_by=sort)
    context = {
        "filter": narrowed,
        "selects": [narrowed.form[name] for name in ("cell", "role", "country")],
        "state": narrowed.chosen_state,
        "states": narrowed.form.fields["state"].choices,
        "is_overdue": narrowed.chosen_state == OVERDUE,
        "chips": narrowed.chips(),
        "ignored": narrowed.ignored(),
        "exposure": rows.aggregate(Sum("exposure"))["exposure__sum"] or 0,
        "table": table,
        "sort": sort,
        "page": page_of(table.data.data, request.GET.get("page")),
        "most": MOST,
        "today": timezone.localdate(),
    }
    part = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]  # django-htmx adds it
    response = render(request, "monitoring/_reviews_list.html" if part else "monitoring/reviews.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@permission_required("monitoring.do_review", raise_exception=True)
@require_POST
def act(request: SignedIn) -> HttpResponse:
    form = ReviewForm(request.POST)
    if not form.is_valid():
        refuse(request, form.errors.values())
        return redirect(back(request, "reviews"))
    done = service.review(
        form.cleaned_data["company"],
        user_id=request.user.pk,
        today=timezone.localdate(),
        note=form.cleaned_data["note"],
    )
    words = ngettext("%(count)d company reviewed.", "%(count)d companies reviewed.", done)
    messages.success(request, words % {"count": done})
    return redirect(back(request, "reviews"))


def panel(company: int) -> dict[str, Any]:
    """When a company is to be reviewed, and what its reviews found, for its page."""
    return {
        "review": service.planned().filter(pk=company).first(),
        "reviews": service.history(company)[:ON_A_COMPANY],
        "today": timezone.localdate(),
    }
