"""ERP files: upload, preview with every problem, apply all or nothing, history."""

from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from companies.choices import BatchState, FileKind, ImportMode, JobKind
from companies.forms import LEDGER
from companies.import_forms import LARGEST, UploadForm
from companies.imports.outcome import FileProblem
from companies.models import ImportBatch, Job
from companies.models.job import LIVE
from companies.services import imports as service
from companies.services import problems as problems_file
from companies.services import undo as undoing
from companies.services.jobs import watched
from companies.services.planning import ImportRefused
from companies.services.problem_filters import Chosen, filters_of
from companies.tasks import run_job

PAGE = 25
PROBLEMS = 50
WARNINGS = 100
UNDER_WAY = [BatchState.READING, BatchState.APPLYING]
SAMPLES = Path(settings.BASE_DIR) / "companies" / "samples"
SAMPLE_NAMES = {
    FileKind.PARTNERS: "partenaires.csv",
    FileKind.OPEN_ITEMS: "postes_ouverts.csv",
    FileKind.AGED_BALANCE: "balance_agee.csv",
    FileKind.COMMITMENTS: "commandes.csv",
    FileKind.SUPPLIES: "fournisseurs.csv",
}


@permission_required("companies.import_file", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    uploads = {kind: UploadForm(kind=kind) for kind in FileKind}
    if request.method == "POST":
        kind = _kind(request.POST.get("kind", ""))
        form = uploads[kind] = UploadForm(request.POST, request.FILES, kind=kind)
        if form.is_valid():
            return redirect(_upload(request, form))
    batches = ImportBatch.objects.select_related("created_by", "profile")
    context = {
        "partners": uploads[FileKind.PARTNERS],
        "open_items": uploads[FileKind.OPEN_ITEMS],
        "aged_balance": uploads[FileKind.AGED_BALANCE],
        "commitments": uploads[FileKind.COMMITMENTS],
        "supplies": uploads[FileKind.SUPPLIES],
        "page": Paginator(batches, PAGE).get_page(request.GET.get("page")),
        "largest": LARGEST,
    }
    return render(request, "companies/imports.html", context)


@permission_required("companies.import_file", raise_exception=True)
@require_safe
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    people = ImportBatch.objects.select_related("created_by", "undone_by", "released_by", "profile")
    found = get_object_or_404(people, pk=pk)
    job = _job(found)
    chosen = Chosen(request.GET.get("column", ""), request.GET.get("problem", ""))
    errors = chosen.among(found.problems.filter(is_error=True))
    context = {
        "batch": found,
        "errors": Paginator(errors, PROBLEMS).get_page(request.GET.get("page")),
        "chosen": chosen,
        "filters": filters_of(found) if found.errors else None,
        "stored_most": service.MOST_PROBLEMS,
        "warnings": found.problems.filter(is_error=False)[:WARNINGS],
        "rows": service.head(found) if found.rows else (),
        "job": job,
        "can_apply": found.state in service.STARTABLE,
        "can_discard": found.state in service.DISCARDABLE,
        "can_undo": found.state == BatchState.APPLIED and not _is_undoing(job),
        "is_applying": found.state in UNDER_WAY or _is_undoing(job),
        "is_reading": found.state == BatchState.READING,
        "is_partners": found.kind == FileKind.PARTNERS,
        "is_aged": found.kind == FileKind.AGED_BALANCE,
        "is_commitments": found.kind == FileKind.COMMITMENTS,
        "is_supplies": found.kind == FileKind.SUPPLIES,
        "checks": found.checks.all(),
        "can_release": found.state == BatchState.QUARANTINED and request.user.has_perm("companies.release_file"),
        "releasable": not found.errors or found.left_out > 0,
        "may_close": found.mode == ImportMode.STOCK,
    }
    return render(request, "companies/batch.html", context)


@permission_required("companies.import_file", raise_exception=True)
@require_safe
def batch_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The bar, asked again and again; the whole page once there is a result."""
    found = get_object_or_404(ImportBatch, pk=pk)
    job = _job(found)
    if found.state not in UNDER_WAY and not _is_undoing(job):
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "companies/_batch_progress.html", {"batch": found, "job": job})


@permission_required("companies.import_file", raise_exception=True)
@require_POST
def apply_batch(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(ImportBatch, pk=pk)
    try:
        with transaction.atomic():
            job = service.start(pk, user_id=request.user.pk, now=timezone.now())
            if job is not None:
                run_job.delay_on_commit(job.pk)
    except ImportRefused as refused:
        messages.error(request, refused.said)
    else:
        if job is None:
            messages.warning(request, _("This file is not waiting to be applied."))
    return redirect(found)


@permission_required("companies.release_file", raise_exception=True)
@require_POST
def release_batch(request: HttpRequest, pk: int) -> HttpResponse:
    """Apply a file that is in quarantine all the same, for a reason that is kept."""
    found = get_object_or_404(ImportBatch, pk=pk)
    try:
        with transaction.atomic():
            job = service.release(
                pk, reason=request.POST.get("reason", ""), user_id=request.user.pk, now=timezone.now()
            )
            if job is not None:
                run_job.delay_on_commit(job.pk)
    except ImportRefused as refused:
        messages.error(request, refused.said)
    else:
        if job is None:
            messages.warning(request, _("This file is not in quarantine."))
    return redirect(found)


@permission_required("companies.import_file", raise_exception=True)
@require_POST
def discard_batch(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(ImportBatch, pk=pk)
    if not service.discard(found):
        messages.warning(request, _("This file is applied, or being applied: it stays."))
        return redirect(found)
    messages.success(request, _("%(file)s was discarded; nothing of it was written.") % {"file": found.filename})
    return redirect("imports")


@permission_required("companies.import_file", raise_exception=True)
@require_safe
def problems(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    found = get_object_or_404(ImportBatch, pk=pk)
    return StreamingHttpResponse(
        problems_file.as_csv(found),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="problems-{found.pk}.csv"'},
    )


@permission_required("companies.import_file", raise_exception=True)
@require_safe
def rows_in_error(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The lines in error, in the format of their file, to correct and send again."""
    found = get_object_or_404(ImportBatch.objects.select_related("profile"), pk=pk)
    try:
        download = problems_file.in_error(found)
    except (FileProblem, OSError):
        messages.error(request, _("The stored file can no longer be read: its lines cannot be given back."))
        return redirect(found)
    stem, words = PurePosixPath(found.filename).stem, _("to correct")
    name = f"{stem} - {words}{download.suffix}"
    return FileResponse(
        BytesIO(download.content), as_attachment=True, filename=name, content_type=download.content_type
    )


@permission_required("companies.import_file", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """What undoing a file would do; then, confirmed, the undoing."""
    found = get_object_or_404(ImportBatch, pk=pk)
    if request.method == "POST":
        try:
            with transaction.atomic():
                run_job.delay_on_commit(undoing.start(pk, user_id=request.user.pk, now=timezone.now()).pk)
        except ImportRefused as refused:
            messages.error(request, refused.said)
        return redirect(found)
    refusal, is_large = undoing.refusal(found), undoing.is_large(found)
    look = undoing.estimate if is_large else undoing.preview
    context = {
        "batch": found,
        "refusal": refusal,
        "is_large": is_large,
        "found": None if refusal else look(found),
        "disputes": undoing.disputes(found),
    }
    return render(request, "companies/batch_undo.html", context)


@permission_required("companies.import_file", raise_exception=True)
@require_safe
def sample(request: HttpRequest, kind: str) -> FileResponse:
    path = SAMPLES / SAMPLE_NAMES[_kind(kind)]
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name, content_type="text/csv")


def _job(found: ImportBatch) -> Job | None:
    job = found.jobs.first()
    return watched(job) if job else None


def _is_undoing(job: Job | None) -> bool:
    return job is not None and job.kind == JobKind.UNDO and job.state in LIVE


def _kind(text: str) -> FileKind:
    if text not in FileKind.values:
        raise Http404
    return FileKind(text)


def _upload(request: HttpRequest, form: UploadForm) -> ImportBatch:
    given: dict[str, Any] = form.cleaned_data
    found, job = service.receive(
        kind=form.kind,
        filename=given["file"].name,
        content=given["file"],
        user_id=request.user.pk,
        now=timezone.now(),
        mode=ImportMode(given["profile"].mode if given["profile"] else given.get("mode", ImportMode.STOCK)),
        profile=given["profile"],
        as_of=given.get("as_of"),
        ledger=LEDGER,
    )
    if job is not None:
        run_job.delay_on_commit(job.pk)
    if found.state == BatchState.REFUSED:
        said = ngettext(
            "The file has %(count)d error: nothing was written.",
            "The file has %(count)d errors: nothing was written.",
            found.errors,
        )
        messages.error(request, said % {"count": found.errors})
    return found
