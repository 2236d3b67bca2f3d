"""Who pays late: the list that an analyst works through, and what explains each line of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db.models import Case, CharField, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext as _

from companies.choices import Role
from companies.models import Account, OpenItem
from companies.rules.exposure import ExposurePolicy, contributions
from companies.rules.limits import Excess, Limits, excesses
from monitoring.choices import ContactKind
from monitoring.models import Contact, Standing
from monitoring.services.export import Sheet
from monitoring.services.export import Value as Cell
from monitoring.services.exposure import ZERO, by_company, receivable

AMOUNT = Standing._meta.get_field("exposure")
CHUNK = 1000


def payers(as_of: date) -> QuerySet[Standing]:
    """Companies with something overdue; each row has what the list shows, so that pages and files cost one query.

    `oldest` is the due date of the oldest overdue item, `payer` who pays in its place, if somebody does.
    """
    items = receivable(OpenItem.objects.open()).filter(
        account__company=OuterRef("pk"), amount__gt=0, due_date__lt=as_of
    )
    accounts = Account.objects.filter(company=OuterRef("pk"), payer__isnull=False).exclude(role=Role.SUPPLIER)
    contacts = Contact.objects.filter(company=OuterRef("pk")).order_by("-on", "-pk")
    return Standing.objects.filter(overdue__gt=0).annotate(
        oldest=Subquery(items.order_by("due_date").values("due_date")[:1]),
        payer=Subquery(accounts.order_by("pk").values("payer__company__name")[:1]),
        payer_pk=Subquery(accounts.order_by("pk").values("payer__company")[:1]),
        excess=Greatest(Coalesce("over_credit_limit", ZERO), Coalesce("over_erp_limit", ZERO), output_field=AMOUNT),
        **{f"last_{name}": Subquery(contacts.values(name)[:1]) for name in ("on", "kind", "next_step", "next_on")},
    )


def excesses_of(rows: Iterable[Standing], *, as_of: date, policy: ExposurePolicy) -> dict[int, tuple[Excess, ...]]:
    """Which limits each company exceeds, by which part of what it owes, and by how much; two queries for any number."""
    standings = {row.pk: row for row in rows}
    items = receivable(OpenItem.objects.open()).filter(account__company__in=standings)
    sums = by_company(items, as_of=as_of)
    return {
        pk: excesses(contributions(sums[pk].parts, policy), Limits(provider=row.credit_limit, erp=row.erp_limit))
        for pk, row in standings.items()
        if pk in sums
    }


@dataclass(frozen=True)
class Line:
    """A row of the list with its days and its excesses."""

    row: Standing
    days: int | None
    excesses: tuple[Excess, ...]


def lines(rows: Iterable[Standing], *, as_of: date, policy: ExposurePolicy) -> list[Line]:
    found = list(rows)
    over = excesses_of(found, as_of=as_of, policy=policy)
    return [Line(row, _days(row, as_of), over.get(row.pk, ())) for row in found]


def _days(row: Standing, as_of: date) -> int | None:
    oldest: date | None = row.oldest  # type: ignore[attr-defined]  # annotated by payers()
    return None if oldest is None else (as_of - oldest).days


def sheet(rows: QuerySet[Standing], *, as_of: date) -> Sheet:
    """The list as a file; words are looked up now: rows may be read when the request's language is gone."""
    money = settings.PORTFOLIO_CURRENCY
    head = [
        _("Company"), _("Paid by"), _("Country"), f"{_('Overdue')} ({money})", _("Oldest due date"), _("Days late"),
        f"{_('Exposure')} ({money})", f"{_('Credit limit')} ({money})", f"{_('ERP limit')} ({money})",
        f"{_('Above the credit limit')} ({money})", f"{_('Above the ERP limit')} ({money})",
        _("Last contact"), _("Kind"), _("Next step"), _("Next step on"),
    ]  # fmt: skip
    kinds = {kind.value: str(kind.label) for kind in ContactKind}
    return Sheet(head, _cells(rows.annotate(kind=_worded(kinds)), as_of))


def _worded(kinds: dict[str, str]) -> Case:
    known = [When(last_kind=kind, then=Value(label)) for kind, label in kinds.items()]
    return Case(*known, default=Value(""), output_field=CharField())


def _cells(rows: QuerySet[Standing], as_of: date) -> Iterator[list[Cell]]:
    names = (
        "name", "payer", "country", "overdue", "oldest", "exposure", "credit_limit", "erp_limit",
        "over_credit_limit", "over_erp_limit", "last_on", "kind", "last_next_step", "last_next_on",
    )  # fmt: skip
    for row in rows.values_list(*names).iterator(chunk_size=CHUNK):
        name, payer, country, overdue, oldest, *rest = row
        days = None if oldest is None else (as_of - oldest).days
        yield [name, payer or "", country, overdue, oldest, days, *rest[:-2], rest[-2] or "", rest[-1]]


def owed_by(pk: int, *, as_of: date) -> QuerySet[OpenItem]:
    """What a company has not paid though it is due, oldest first."""
    items = receivable(OpenItem.objects.open()).filter(account__company=pk, amount__gt=0, due_date__lt=as_of)
    return items.select_related("account").order_by(F("due_date"), "pk")
