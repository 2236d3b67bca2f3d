"""Official documents of a company: listed when asked for, fetched one by one, each billed by Creditsafe."""

from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from companies.creditsafe.errors import CreditsafeError
from companies.creditsafe.payloads import ImageHit
from companies.models import Profile
from companies.services import archive
from companies.services.provider import Halted, watched
from companies.views.words import refusal
from monitoring.views import shown as reports
from monitoring.views.archive import attachment
from monitoring.views.company_tabs import DOCUMENTS, around

SALT = "document"  # a signed name: only what was listed for this company can be fetched
HOUR = 3600
MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "pdf", "application/pdf"),
    (b"\x89PNG", "png", "image/png"),
    (b"\xff\xd8", "jpg", "image/jpeg"),
)
MAGIC += ((b"II*\x00", "tif", "image/tiff"), (b"MM\x00*", "tif", "image/tiff"), (b"PK", "zip", "application/zip"))


@dataclass(frozen=True)
class Document:
    """One filed document; `token` is what fetches it."""

    title: str
    kind: str
    format: str
    filed_on: date | None
    accounts_on: date | None
    token: str


@permission_required("companies.view_report", raise_exception=True)
@require_safe
def documents(request: HttpRequest, pk: int) -> HttpResponse:
    """The tab; `?list=1` asks Creditsafe at once, for browsers without JavaScript."""
    shown = reports.load(request, pk)
    asked = "list" in request.GET and shown.is_linked and request.user.has_perm("companies.link_company")
    found, problem = _listed(shown.profile) if asked else ([], "")
    context = {**around(shown, DOCUMENTS), "documents": found, "problem": problem, "asked": asked}
    return render(request, "monitoring/company_documents.html", context)


@permission_required("companies.link_company", raise_exception=True)
@require_safe
def documents_list(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the tab that waits for Creditsafe."""
    profile = get_object_or_404(Profile.objects.select_related("company"), company=pk)
    found, problem = _listed(profile)
    context = {"company": profile.company, "documents": found, "problem": problem, "asked": True}
    return render(request, "monitoring/_company_documents.html", context)


@permission_required("companies.link_company", raise_exception=True)
@require_POST
def document(request: HttpRequest, pk: int) -> HttpResponse:
    """Fetch one listed document: Creditsafe bills it."""
    get_object_or_404(Profile, company=pk)
    try:
        image = signing.loads(request.POST.get("token", ""), salt=f"{SALT}-{pk}", max_age=HOUR)
    except signing.BadSignature:
        messages.error(request, _("This list of documents is too old: ask for it again."))
        return redirect("company_documents", pk=pk)
    now = timezone.now()
    try:
        with watched(now) as client:
            content = client.image(image)
    except (CreditsafeError, Halted) as error:
        messages.error(request, refusal(error))
        return redirect("company_documents", pk=pk)
    archive.note_document(pk, user=request.user, now=now, detail=image)
    ending, content_type = kind_of(content)
    return attachment(content, f"document-{pk}-{now:%Y-%m-%d}.{ending}", content_type)


def kind_of(content: bytes) -> tuple[str, str]:
    """Ending and type by the first bytes: what the server calls it does not decide."""
    return next(
        ((ending, kind) for magic, ending, kind in MAGIC if content.startswith(magic)),
        ("bin", "application/octet-stream"),
    )


def _listed(profile: Profile | None) -> tuple[list[Document], str]:
    if profile is None:
        return [], _("Link the company to Creditsafe first.")
    try:
        with watched(timezone.now()) as client:
            page = client.images(profile.connect_id)
    except (CreditsafeError, Halted) as error:
        return [], refusal(error)
    return [_document(profile.company_id, hit) for hit in page.items if hit.image_id], ""


def _document(pk: int, hit: ImageHit) -> Document:
    return Document(
        title=hit.description or hit.type or _("Document"),
        kind=hit.type,
        format=hit.format,
        filed_on=hit.filed_on,
        accounts_on=hit.accounts_on,
        token=signing.dumps(hit.image_id, salt=f"{SALT}-{pk}"),
    )
