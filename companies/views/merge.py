"""Two companies side by side, what a merge would do, the merge, and its undoing."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from companies.choices import Moved
from companies.models import Company, DuplicatePair, Merge
from companies.services.merge import FIELDS, MergeRefused, preview, survivor_of
from companies.services.merge import merge as join
from companies.services.merging import model_of
from companies.services.unmerge import obstacle, unmerge
from companies.views.duplicates import reasons


@permission_required("companies.link_company", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def merge_preview(request: HttpRequest, a: int, b: int) -> HttpResponse:
    both = Company.everyone.with_accounts().in_bulk([a, b])
    if a == b or len(both) != 2:
        raise Http404("not two companies")
    stays, goes = _sides(request, both[a], both[b])
    if request.method == "POST" and (done := _merge(request, stays, goes)):
        return redirect(done)
    pair = DuplicatePair.objects.filter(a=min(a, b), b=max(a, b)).first()
    context = {
        "found": preview(stays, goes),
        "pair": pair,
        "reasons": reasons(pair.evidence, str(stays.country)) if pair else [],
    }
    return render(request, "companies/merge_preview.html", context)


def _sides(request: HttpRequest, a: Company, b: Company) -> tuple[Company, Company]:
    asked = request.POST.get("stays") or request.GET.get("stays", "")
    stays = {str(a.pk): a, str(b.pk): b}.get(asked) or survivor_of(a, b)
    return stays, (b if stays is a else a)


def _merge(request: HttpRequest, stays: Company, goes: Company) -> Merge | None:
    take = [name for name in FIELDS if request.POST.get(name) == "theirs"]
    try:
        done = join(
            stays.pk,
            goes.pk,
            take=take,
            looked_at=request.POST.get("seen", "") or "unseen",
            user_id=request.user.pk,
            now=timezone.now(),
        )
    except MergeRefused as refused:
        messages.error(request, str(refused))
        return None
    messages.success(request, _("%(goes)s is now part of %(stays)s.") % {"goes": goes, "stays": stays})
    return done


@permission_required("companies.view_company", raise_exception=True)
@require_safe
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Merge.objects.select_related("survivor", "loser", "by", "undone_by"), pk=pk)
    context = {
        "merge": found,
        "moved": _moved(found),
        "fields": _fields(found),
        "left": [line for line in found.left.splitlines() if line],
        "obstacle": "" if found.undone_at else obstacle(found),
    }
    return render(request, "companies/merge.html", context)


def _moved(found: Merge) -> list[tuple[Any, int]]:
    """Tables and how many of their rows changed hands."""
    counts = found.moved.filter(what=Moved.MOVED).order_by("table").values_list("table")
    return [
        (model_of(table)._meta.verbose_name_plural, number)
        for table, number in counts.annotate(rows=Count("key", distinct=True))
    ]


def _fields(found: Merge) -> list[tuple[Any, str, str]]:
    """Fields of the company that stayed: before, and after."""
    lines = found.moved.filter(what=Moved.CHANGED, table="companies.company", key=str(found.survivor_id))
    return [(FIELDS[line.field], line.old or "", line.new or "") for line in lines if line.field in FIELDS]


@permission_required("companies.link_company", raise_exception=True)
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Merge, pk=pk)
    try:
        done = unmerge(pk, user_id=request.user.pk, now=timezone.now())
    except MergeRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("%(company)s is a company of its own again.") % {"company": done.loser})
    return redirect(found)
