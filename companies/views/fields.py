"""One company, field by field: value, source, what the others say, what to do about it, and how it came to be so."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from companies.choices import CompanyField, FieldActKind, FieldChoice, Origin
from companies.models import Company, FieldDifference
from companies.rules.completion import Sameness
from companies.rules.identifiers import FRENCH_TERRITORIES, check_siren, check_siret, check_vat, normalise
from companies.services import field_acts, fields
from companies.services.field_acts import Changed, Done, Refused
from companies.views.completion import KINDS, LONGEST_KEY, just_done, say

MOMENTS = 30
NUMBERS = {CompanyField.REGISTRATION_NUMBER, CompanyField.SIRET, CompanyField.VAT_NUMBER}
ALIKE: Mapping[Sameness, object] = {
    Sameness.EQUAL: gettext_lazy("the same"),
    Sameness.SPELLING: gettext_lazy("the same but for case, accents or punctuation"),
    Sameness.NAME: gettext_lazy("the same name but for its legal form"),
    Sameness.NUMBER: gettext_lazy("the same number, written otherwise"),
    Sameness.PHONE: gettext_lazy("the same phone, written otherwise"),
    Sameness.STREET: gettext_lazy("the same street, abbreviated otherwise"),
    Sameness.CITY: gettext_lazy("the same city"),
    Sameness.WEBSITE: gettext_lazy("the same website"),
    Sameness.LEGAL_FORM: gettext_lazy("the same legal form"),
}
CAUSES: Mapping[str, object] = {
    FieldActKind.TAKE: pgettext_lazy("why a value changed", "taken"),
    FieldActKind.ALWAYS_TAKE: pgettext_lazy("why a value changed", "taken, as always"),
    FieldActKind.EDIT: pgettext_lazy("why a value changed", "typed"),
    FieldActKind.PUT_BACK: pgettext_lazy("why a value changed", "put back"),
    FieldActKind.UNDO: pgettext_lazy("why a value changed", "undone"),
    fields.REPORT: pgettext_lazy("why a value changed", "Creditsafe report"),
    fields.LINK: pgettext_lazy("why a value changed", "link to Creditsafe"),
    "import": pgettext_lazy("why a value changed", "ERP file"),
    "admin": pgettext_lazy("why a value changed", "administration"),
}


@dataclass(frozen=True, slots=True)
class Editing:
    """The form that is open: what was typed, what the form had shown, and why it was refused."""

    field: str
    typed: str
    was: str
    problem: str = ""


@permission_required("companies.view_company", raise_exception=True)
@require_safe
def company_fields(request: HttpRequest, pk: int) -> HttpResponse:
    company = get_object_or_404(Company, pk=pk)
    name = request.GET.get("edit", "")
    may = name in CompanyField.values and request.user.has_perm("companies.link_company")
    editing = Editing(name, getattr(company, name), getattr(company, name)) if may else None
    return _page(request, company, editing)


@permission_required("companies.link_company", raise_exception=True)
@require_POST
def field_act(request: HttpRequest, pk: int, field: str, action: str) -> HttpResponse:
    company = get_object_or_404(Company, pk=pk)
    if field not in CompanyField.values or action not in _ACTS:
        raise Http404
    try:
        done = _ACTS[action](request, company, field)
    except Refused as refused:
        if action == "edit":
            return _typed_again(request, company, field, refused)
        messages.error(request, str(refused))
        return redirect("company_fields", pk=pk)
    say(request, done)
    if warning := _flaw(company, field, request.POST.get("value", "")) if action == "edit" else "":
        messages.warning(request, warning)
    here = reverse("company_fields", args=[pk])
    return redirect(f"{here}?done={done.act.pk}#field-{field}" if done.count else here)


def _page(request: HttpRequest, company: Company, editing: Editing | None, status: int = 200) -> HttpResponse:
    moments = fields.history(company)
    only = request.GET.get("field", "")
    chosen = [moment for moment in moments if moment.field == only] if only in CompanyField.values else moments
    page = Paginator(chosen, MOMENTS).get_page(request.GET.get("page"))
    states = fields.states(company, moments)
    context = {
        "company": company,
        "states": states,
        "open": sum(state.is_open for state in states),
        "now": {state.name: state.value for state in states},
        "page": page,
        "moments": [(moment, CAUSES[moment.why], getattr(company, moment.field)) for moment in page],
        "only": CompanyField(only) if only in CompanyField.values else None,
        "alike": {rule.value: words for rule, words in ALIKE.items()},
        "editing": editing,
        "done": just_done(request),
        "here": request.get_full_path() if request.method == "GET" else reverse("company_fields", args=[company.pk]),
        "room": getattr(Company._meta.get_field(editing.field), "max_length", None) if editing else None,
    }
    return render(request, "companies/fields.html", context, status=status)


def _typed_again(request: HttpRequest, company: Company, field: str, refused: Refused) -> HttpResponse:
    """What was typed is not lost: the form comes back with it, beside what the field has now."""
    held = refused.held if isinstance(refused, Changed) else request.POST.get("was", "")
    editing = Editing(field, request.POST.get("value", ""), held, str(refused))
    company.refresh_from_db()
    return _page(request, company, editing, status=409 if isinstance(refused, Changed) else 422)


def _edit(request: HttpRequest, company: Company, field: str) -> Done:
    value = request.POST.get("value", "")
    value = normalise(value) if field in NUMBERS else " ".join(value.split())
    return _write(request, company, field, value=value, kind=FieldActKind.EDIT)


def _put_back(request: HttpRequest, company: Company, field: str) -> Done:
    return _write(request, company, field, value=request.POST.get("value", ""), kind=FieldActKind.PUT_BACK)


def _write(
    request: HttpRequest,
    company: Company,
    field: str,
    *,
    value: str,
    kind: FieldActKind,
    source: Origin = Origin.USER,
) -> Done:
    return field_acts.edit(
        company.pk,
        field,
        value=value,
        was=request.POST.get("was", ""),
        user_id=request.user.pk,
        now=timezone.now(),
        kind=kind,
        source=source,
    )


def _settle(kind: FieldActKind) -> Callable[[HttpRequest, Company, str], Done]:
    def settled(request: HttpRequest, company: Company, field: str) -> Done:
        source, key = _source(request), request.POST.get("difference", "")
        if key.isdecimal() and len(key) <= LONGEST_KEY:
            rows = FieldDifference.objects.current().filter(pk=int(key), company=company, field=field)
            return field_acts.settle(
                rows, kind, user_id=request.user.pk, now=timezone.now(), total=1, about=company.name
            )  # fmt: skip
        if kind == FieldActKind.TAKE:
            return _take_spelling(request, company, field, source)
        if kind == FieldActKind.KEEP:
            raise Refused(_("There is no difference to keep ours against."))
        return _choose(FieldChoice.TAKE if kind == FieldActKind.ALWAYS_TAKE else FieldChoice.KEEP)(
            request, company, field
        )  # fmt: skip

    return settled


def _take_spelling(request: HttpRequest, company: Company, field: str, source: Origin) -> Done:
    """Their spelling of what is the same: the value comes from the stored report, not from the form."""
    value = fields.creditsafe_says(company).get(field, "") if source == Origin.CREDITSAFE else ""
    if not value:
        raise Refused(_("Creditsafe says nothing of this field any more."))
    return _write(request, company, field, value=value, kind=FieldActKind.TAKE, source=source)


def _choose(choice: FieldChoice | None) -> Callable[[HttpRequest, Company, str], Done]:
    def chosen(request: HttpRequest, company: Company, field: str) -> Done:
        return field_acts.choose(
            company.pk, field, _source(request), choice=choice, user_id=request.user.pk, now=timezone.now()
        )  # fmt: skip

    return chosen


def _source(request: HttpRequest) -> Origin:
    asked = request.POST.get("source", Origin.CREDITSAFE)
    if asked not in {Origin.CREDITSAFE, Origin.ERP}:
        raise Http404
    return Origin(asked)


_ACTS: Mapping[str, Callable[[HttpRequest, Company, str], Done]] = {
    **{name: _settle(kind) for name, kind in KINDS.items()},
    "edit": _edit,
    "put_back": _put_back,
    "free": _choose(None),
}


def _flaw(company: Company, field: str, value: str) -> str:
    """A number that cannot be right is said and not refused: people wait on the phone."""
    french = str(company.country) in FRENCH_TERRITORIES
    checks = {
        CompanyField.REGISTRATION_NUMBER: check_siren if french else None,
        CompanyField.SIRET: check_siret if french else None,
        CompanyField.VAT_NUMBER: lambda text: check_vat(text, str(company.country)),
    }
    check = checks.get(CompanyField(field))
    if not value.strip() or check is None or check(value).ok:
        return ""
    return _("%(field)s: %(value)s fails its check. It is saved; verify it.") % {
        "field": CompanyField(field).label,
        "value": value,
    }
