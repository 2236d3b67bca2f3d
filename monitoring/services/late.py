"""Who pays late: the list that an analyst works through, and what explains each line of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)  # fmt: skip
from django.db.models.functions import Coalesce, Greatest, Least, Round
from django.utils.translation import gettext as _

from companies.choices import Role
from companies.models import Account
from companies.rules.exposure import ExposurePolicy, contributions
from companies.rules.limits import Excess, Limits, excesses
from monitoring.choices import ContactKind
from monitoring.models import Contact, ExposureSettings, Standing
from monitoring.services.counted import left_out, parts_by, promise_conditions
from monitoring.services.export import Sheet
from monitoring.services.export import Value as Cell
from monitoring.services.exposure import ZERO
from monitoring.services.money import Rates, units
from monitoring.services.scope import Items, Scope

AMOUNT = Standing._meta.get_field("exposure")
CENTS = BigIntegerField()
CHUNK = 1000
COMPANY, PAYER = "company", "payer"


def payers(scope: Scope, by: str = COMPANY) -> QuerySet[Standing]:
    """Who has something overdue within a scope; each row has what the list shows: pages and files cost one query.

    By company, or by the account that pays, which may be another company's. `overdue_at` and `oldest` are of the scope,
    `exposure_at` is all that the company owes or pays, `payer` who pays in its place, `pays_for` how many accounts it
    pays for others. Limits are today's.
    """
    late = scope.items().filter(at_amount__gt=0, at_due__lt=scope.on)
    accounts = Account.objects.filter(company=OuterRef("pk"), payer__isnull=False).exclude(role=Role.SUPPLIER)
    paid = Account.objects.filter(payer__company=OuterRef("pk")).exclude(company=OuterRef("pk")).order_by()
    contacts = Contact.objects.filter(company=OuterRef("pk"), on__lte=scope.on).order_by("-on", "-pk")
    rows = Standing.objects.filter(_owing(late, by)).annotate(
        **_amounts(scope, late, by),
        oldest=_oldest(late, by),
        payer=Subquery(accounts.order_by("pk").values("payer__company__name")[:1]),
        payer_pk=Subquery(accounts.order_by("pk").values("payer__company")[:1]),
        pays_for=Subquery(paid.values("payer__company").annotate(found=Count("pk")).values("found")),
        **{f"last_{name}": Subquery(contacts.values(name)[:1]) for name in ("on", "kind", "next_step", "next_on")},
    )
    return rows.annotate(
        over_credit_at=_above("credit_limit"),
        over_erp_at=_above("erp_limit"),
        excess=Greatest(Coalesce("over_credit_at", ZERO), Coalesce("over_erp_at", ZERO), output_field=AMOUNT),
    )


def _owing(late: Items, by: str) -> Q:
    if by == COMPANY:
        return Q(pk__in=late.values("account__company"))
    own, others = late.filter(account__payer=None), late.filter(account__payer__isnull=False)
    return Q(pk__in=own.values("account__company")) | Q(pk__in=others.values("account__payer__company"))


def _paths(by: str) -> list[dict[str, Any]]:
    """How the items of a row are found; two ways that share none, each along an index."""
    if by == COMPANY:
        return [{"account__company": OuterRef("pk")}]
    return [{"account__payer": None, "account__company": OuterRef("pk")}, {"account__payer__company": OuterRef("pk")}]


def _amounts(scope: Scope, late: Items, by: str) -> dict[str, Any]:
    """What is stored of whole companies as they stand now; everything else is added up, at the day's rates."""
    cents = Sum(Rates(scope.on).cents())
    if by == COMPANY and scope.day is None:
        return {
            "overdue_at": units(_sum(late, by, cents)) if scope.is_of_accounts else F("overdue"),
            "exposure_at": F("exposure"),
        }
    policy, (items, promises) = ExposureSettings.current().rules(), scope.whole()
    out = Sum(Rates(scope.on).cents(), filter=left_out(scope.on, policy))
    owed, promised = _sum(items, by, cents - Coalesce(out, 0)), _promised(promises, scope, by, policy)
    return {"overdue_at": units(_sum(late, by, cents)), "exposure_at": units(owed + promised)}


def _promised(promises: Items, scope: Scope, by: str, policy: ExposurePolicy) -> Any:
    """What counts of the orders and deliveries of a row, in cents; a share of all its orders is rounded once."""
    cents, within = Rates(scope.on).cents(), policy.orders_within_days
    wanted = promise_conditions(scope.on, within)
    delivered = _sum(promises.filter(wanted["delivered"]), by, Sum(cents)) if policy.count_delivered else Value(0)
    soon = promises.filter(wanted["orders"]).exclude(wanted.get("orders_later", Q(pk__in=())))
    orders = Round(_sum(soon, by, Sum(cents)) * Value(policy.orders_share), output_field=CENTS)
    return delivered + orders


def _sum(rows: Items, by: str, added: Any) -> Any:
    """Whole cents of a row, 0 of nothing."""
    sums: list[Any] = []
    for path in _paths(by):
        group = next(name for name, value in path.items() if value is not None)
        found = rows.filter(**path).order_by().values(group).annotate(owed=added).values("owed")
        sums.append(Coalesce(Subquery(found, output_field=CENTS), Value(0), output_field=CENTS))
    return sums[0] if len(sums) == 1 else ExpressionWrapper(sums[0] + sums[1], output_field=CENTS)


def _oldest(late: Items, by: str) -> Any:
    found = [Subquery(late.filter(**path).order_by("at_due").values("at_due")[:1]) for path in _paths(by)]
    return found[0] if len(found) == 1 else Coalesce(Least(Coalesce(*found), Coalesce(*found[::-1])), *found)


def _above(limit: str) -> Any:
    """By how much a limit is exceeded, 0 if it is not, None without one."""
    above = When(exposure_at__gt=F(limit), then=ExpressionWrapper(F("exposure_at") - F(limit), AMOUNT))
    known = When(**{f"{limit}__isnull": False}, then=Value(ZERO, AMOUNT))
    return Case(above, known, default=Value(None, AMOUNT), output_field=AMOUNT)


def excesses_of(
    rows: Iterable[Standing], scope: Scope, by: str, *, policy: ExposurePolicy
) -> dict[int, tuple[Excess, ...]]:
    """Which limits each row exceeds, by which part of what it owes, and by how much; three queries for any number."""
    standings = {row.pk: row for row in rows}
    items, promises = (_of_debtors(found, list(standings), by) for found in scope.whole())
    rates, within = Rates(scope.on), policy.orders_within_days
    parts, _missing = parts_by(items, promises, "debtor", as_of=scope.on, rates=rates, within_days=within)
    return {
        pk: excesses(contributions(parts[pk], policy), Limits(provider=row.credit_limit, erp=row.erp_limit))
        for pk, row in standings.items()
        if pk in parts
    }


def _of_debtors(rows: Items, companies: list[int], by: str) -> Items:
    debtor: Any
    if by == COMPANY:
        its, debtor = Q(account__company__in=companies), F("account__company")
    else:
        its = Q(account__company__in=companies, account__payer=None) | Q(account__payer__company__in=companies)
        debtor = Coalesce("account__payer__company", "account__company")
    found: Items = rows.filter(its).annotate(debtor=debtor)
    return found


@dataclass(frozen=True)
class Line:
    """A row of the list with its days and its excesses."""

    row: Standing
    days: int | None
    excesses: tuple[Excess, ...]


def lines(rows: Iterable[Standing], scope: Scope, by: str = COMPANY) -> list[Line]:
    found = list(rows)
    over = excesses_of(found, scope, by, policy=ExposureSettings.current().rules())
    return [Line(row, _days(row, scope.on), over.get(row.pk, ())) for row in found]


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
        "name", "payer", "country", "overdue_at", "oldest", "exposure_at", "credit_limit", "erp_limit",
        "over_credit_at", "over_erp_at", "last_on", "kind", "last_next_step", "last_next_on",
    )  # fmt: skip
    for row in rows.values_list(*names).iterator(chunk_size=CHUNK):
        name, payer, country, overdue, oldest, *rest = row
        days = None if oldest is None else (as_of - oldest).days
        yield [name, payer or "", country, overdue, oldest, days, *rest[:-2], rest[-2] or "", rest[-1]]


def owed_by(pk: int, scope: Scope, by: str = COMPANY) -> Items:
    """What a company has not paid though it is due, oldest first; by payer what it pays for others too."""
    its = Q(account__company=pk)
    if by != COMPANY:
        its = (its & Q(account__payer=None)) | Q(account__payer__company=pk)
    items = scope.items().filter(its, at_amount__gt=0, at_due__lt=scope.on)
    return items.select_related("account__company").order_by("at_due", "pk")
