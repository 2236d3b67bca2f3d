"""Suppliers: where our money is at risk, what would stop without them, and what could be set off."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from companies.choices import Role
from companies.models import Account, Company, OpenItem, Supply
from companies.rules.names import plain
from companies.rules.suppliers import Missing
from companies.services import supplies
from monitoring.forms import SupplyForm
from monitoring.services import suppliers as service
from monitoring.services.money import Rates
from monitoring.services.suppliers import Supplier
from monitoring.views import shown as reports
from monitoring.views.late import send

PAGE = 50
ITEMS = 200
VERSIONS = 10
HEADS: tuple[tuple[str, Promise], ...] = (
    ("name", gettext_lazy("Supplier")),
    ("gross", gettext_lazy("Money at risk")),
    ("net", gettext_lazy("After set-off")),
    ("payable", gettext_lazy("We owe it")),
    ("purchases", gettext_lazy("Purchases, 12 months")),
    ("gap", gettext_lazy("Days uncovered")),
    ("volume", gettext_lazy("Volume to offset")),
)
WHY = {
    Missing.NO_TURNOVER: gettext_lazy("its turnover is not known"),
    Missing.NO_PURCHASES: gettext_lazy("our purchases are not known"),
    Missing.NO_STOCK: gettext_lazy("the stock is not known"),
    Missing.NO_USE: gettext_lazy("the daily use is not known"),
    Missing.NO_LEAD_TIME: gettext_lazy("the time to replace it is not known"),
}
MONEY_WORDS = {
    "advances": gettext_lazy("Advances paid (4091)"),
    "credit_notes": gettext_lazy("Credit notes to receive (4098)"),
    "tooling": gettext_lazy("Tooling deposited"),
    "prepaid_orders": gettext_lazy("Orders paid in advance"),
}


@dataclass(frozen=True)
class Asked:
    """What the address asks for; nonsense is the default."""

    q: str
    sort: str
    both: bool
    as_of: date
    today: date

    @property
    def is_past(self) -> bool:
        return self.as_of < self.today

    @property
    def is_narrowed(self) -> bool:
        return bool(self.q or self.both)


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def suppliers(request: HttpRequest) -> HttpResponse:
    asked = _asked(request)
    found = _found(asked)
    context = {
        "asked": asked,
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "heads": [(name, label, _next(name, asked.sort), _direction(name, asked.sort)) for name, label in HEADS],
        "total": _total(found),
        "volume": sum((one.offset.volume for one in found if one.offset), Decimal(0)),
        "uncovered": sum(1 for one in found if one.continuity.gap),
        "sole": sum(1 for one in found if one.depends.sole_source),
        "why": WHY,
    }
    return render(request, "monitoring/suppliers.html", context)


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def export(request: HttpRequest, fmt: str) -> HttpResponse | StreamingHttpResponse:
    if fmt not in {"csv", "xlsx"}:
        raise Http404
    asked = _asked(request)
    return send(service.sheet(_found(asked)), fmt, f"suppliers-{asked.as_of:%Y-%m-%d}")


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def supplier(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, get_object_or_404(Company, pk=pk))


@permission_required("companies.change_supply", raise_exception=True)
@require_POST
def edit(request: HttpRequest, pk: int, account: int) -> HttpResponse:
    """Figures of one account, by hand; the history keeps who."""
    company = get_object_or_404(Company, pk=pk)
    held = get_object_or_404(Account, pk=account, company=company, role=Role.SUPPLIER)
    known = Supply.objects.filter(account=held).first() or Supply(account=held, currency=held.currency)
    form = SupplyForm(request.POST, instance=known, prefix=str(held.pk))
    if not form.is_valid():
        return _page(request, company, refused=form, status=422)
    supplies.edit(form.save(commit=False), today=timezone.localdate())
    messages.success(request, _("The figures of account %(code)s are saved.") % {"code": held.code})
    return redirect("supplier", pk=pk)


def _page(
    request: HttpRequest, company: Company, *, refused: SupplyForm | None = None, status: int = 200
) -> HttpResponse:
    asked = _asked(request)
    turnover = _turnover(request, company, asked.as_of)
    found = service.suppliers(as_of=asked.as_of, today=asked.today, company=company.pk, turnover=turnover)
    if not found:
        raise Http404
    items = OpenItem.objects.open().filter(account__company=company, account__role=Role.SUPPLIER)
    context = {
        "company": company,
        "asked": asked,
        "found": found[0],
        "money": _money(found[0]),
        "why": WHY,
        "forms": _forms(company, refused),
        "items": items.select_related("account").order_by("due_date", "pk")[:ITEMS],
        "versions": _versions(company),
        "may": request.user.has_perm("companies.change_supply"),
    }
    return render(request, "monitoring/supplier.html", context, status=status)


def _turnover(request: HttpRequest, company: Company, as_of: date) -> Decimal | None:
    """The turnover in its latest report, for who may read reports."""
    if not request.user.has_perm("companies.view_report"):
        return None
    parsed = reports.load(request, company.pk).parsed
    return Rates(as_of).convert(parsed.turnover, parsed.currency) if parsed else None


def _forms(company: Company, refused: SupplyForm | None) -> list[tuple[Account, SupplyForm]]:
    accounts = company.accounts.filter(role=Role.SUPPLIER).select_related("supply").order_by("code")
    forms = []
    for held in accounts:
        known = getattr(held, "supply", None) or Supply(account=held, currency=held.currency)
        again = refused is not None and refused.instance.account_id == held.pk
        forms.append((held, refused if refused and again else SupplyForm(instance=known, prefix=str(held.pk))))
    return forms


def _versions(company: Company) -> list[Any]:
    past = Supply.history.filter(account__company=company).select_related("history_user", "account")
    return list(past.order_by("-history_date", "-history_id")[:VERSIONS])


def _money(found: Supplier) -> list[tuple[Promise, Decimal | None]]:
    return [(label, found.at_risk.parts.get(name)) for name, label in MONEY_WORDS.items()]


def _asked(request: HttpRequest) -> Asked:
    given, today = request.GET, timezone.localdate()
    sort = given.get("sort", "")
    try:
        as_of = parse_date(given.get("as_of", "")) or today
    except ValueError:
        as_of = today
    return Asked(
        q=given.get("q", "").strip()[:100],
        sort=sort if sort.removeprefix("-") in service.SORTS else "-gross",
        both=given.get("both") == "1",
        as_of=min(as_of, today),
        today=today,
    )


def _found(asked: Asked) -> list[Supplier]:
    found = service.suppliers(as_of=asked.as_of, today=asked.today)
    if asked.q:
        found = [one for one in found if plain(asked.q) in plain(one.name)]
    if asked.both:
        found = [one for one in found if one.offset]
    return service.ordered(found, asked.sort)


def _total(found: list[Supplier]) -> Decimal:
    return sum((one.at_risk.gross for one in found if one.at_risk.gross is not None), Decimal(0))


def _next(name: str, sort: str) -> str:
    if name == sort.removeprefix("-"):
        return name if sort.startswith("-") else f"-{name}"
    return name if name == "name" else f"-{name}"


def _direction(name: str, sort: str) -> str:
    if name != sort.removeprefix("-"):
        return ""
    return "descending" if sort.startswith("-") else "ascending"
