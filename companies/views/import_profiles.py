"""Import profiles: listed, started from a file's own columns, changed, deleted."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from companies.choices import BatchState, FileFormat, FileKind
from companies.forms import LEDGER
from companies.import_forms import ProfileForm, SampleForm
from companies.imports.outcome import FileProblem
from companies.models import ImportProfile
from companies.services.profiles import examine, save_columns

WAITING = [BatchState.READING, BatchState.QUARANTINED, BatchState.PREVIEWED, BatchState.APPLYING, BatchState.FAILED]


@permission_required("companies.import_file", raise_exception=True)
@require_safe
def profiles(request: HttpRequest) -> HttpResponse:
    found = ImportProfile.objects.select_related("created_by").annotate(files=Count("batches"))
    return render(request, "companies/import_profiles.html", {"profiles": found, "sample": SampleForm()})


@permission_required("companies.import_file", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """First a file of the source, then the profile with the file's columns; without a file, all is typed."""
    if request.method == "POST" and "name" in request.POST:
        kind = _kind(request.POST.get("kind", ""))
        form = ProfileForm(request.POST, kind=kind)
        if form.is_valid():
            form.instance.created_by_id = request.user.pk
            return redirect(_save(request, form))
        return _page(request, form)
    if request.method == "POST":
        return _start(request)
    kind = _kind(request.GET.get("kind", ""))
    return _page(request, ProfileForm(kind=kind, initial={"kind": kind, "ledger": LEDGER, "format": FileFormat.FIXED}))


@permission_required("companies.import_file", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    profile = get_object_or_404(ImportProfile, pk=pk)
    form = ProfileForm(request.POST or None, instance=profile, kind=FileKind(profile.kind))
    if form.is_valid():
        return redirect(_save(request, form))
    return _page(request, form)


@permission_required("companies.import_file", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    profile = get_object_or_404(ImportProfile.objects.annotate(files=Count("batches")), pk=pk)
    waiting = profile.batches.filter(state__in=WAITING).count()
    if request.method == "POST" and not waiting:
        profile.delete()
        messages.success(request, _("The import profile “%(name)s” was deleted.") % {"name": profile.name})
        return redirect("import_profiles")
    return render(request, "companies/import_profile_delete.html", {"profile": profile, "waiting": waiting})


def _start(request: HttpRequest) -> HttpResponse:
    """Answer a file with the form for its source: its columns to choose from, and its first lines to look at."""
    sample = SampleForm(request.POST, request.FILES)
    if not sample.is_valid():
        found = ImportProfile.objects.select_related("created_by").annotate(files=Count("batches"))
        return render(request, "companies/import_profiles.html", {"profiles": found, "sample": sample})
    kind, file = FileKind(sample.cleaned_data["kind"]), sample.cleaned_data["file"]
    try:
        table, lines = examine(file.read(), file.name)
    except FileProblem as problem:
        messages.error(request, f"{problem.reason} {problem.fix}")
        return redirect("import_profiles")
    found_in: dict[str, Any] = {
        "kind": kind,
        "ledger": LEDGER,
        "format": table.format,
        "encoding": "utf-8" if table.encoding == "utf-8-sig" else table.encoding,
        "delimiter": table.delimiter,
        "sheet": table.sheet,
    }
    form = ProfileForm(kind=kind, headers=table.headers, initial=found_in)
    return _page(request, form, lines=lines)


def _save(request: HttpRequest, form: ProfileForm) -> str:
    with transaction.atomic():
        profile = form.save()
        save_columns(profile, form.columns())
    messages.success(request, _("The import profile “%(name)s” was saved.") % {"name": profile.name})
    return "import_profiles"


def _page(request: HttpRequest, form: ProfileForm, lines: list[list[str]] | None = None) -> HttpResponse:
    context = {"form": form, "profile": form.instance if form.instance.pk else None, "lines": lines or []}
    return render(request, "companies/import_profile.html", context)


def _kind(text: str) -> FileKind:
    return FileKind(text) if text in FileKind.values else FileKind.PARTNERS
