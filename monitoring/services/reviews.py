"""When each company is to be looked at again, by the review period of its cell, and what was found."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, DateField, F, Func, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce

from monitoring.choices import PolicyState
from monitoring.models import MatrixCell, Review, Standing
from monitoring.services.placing import scope

SOON = timedelta(days=30)


class DaysAfter(Func):
    """A day, so many days later; PostgreSQL adds a number to a date, SQLite has a modifier for it."""

    output_field = DateField()
    template = "(%(expressions)s)"
    arg_joiner = " + "

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "date(%(expressions)s || ' days')"
        return self.as_sql(compiler, connection, template=template, arg_joiner=", '+' || ", **context)


def periods() -> Cast:
    """The review period of a standing's cell in days, by the policy that judges it; None where there is none.

    By the policy in force, not the one of the row: a switch leaves rows whose place stays as they are.
    """
    cells = MatrixCell.objects.filter(policy__state=PolicyState.ACTIVE)
    listed = list(cells.values_list("policy__role", "code", "review_days"))
    judged = {role: scope(role, {role: None for role, _, _ in listed}) for role, _, _ in listed}
    whens = [When(judged[role] & Q(cell=code), then=Value(days)) for role, code, days in listed if days is not None]
    # without any period the expression is a bare NULL, whose type PostgreSQL can't guess
    return Cast(Case(*whens, default=None, output_field=IntegerField()), IntegerField())


def planned() -> QuerySet[Standing]:
    """Companies whose cell has a review period, with `reviewed_on` (None: never), `period` and `review_on`.

    The next review is due a period after the last one; before the first, after the company came into its cell.
    """
    last = Review.objects.filter(company=OuterRef("pk")).order_by("-on", "-pk").values("on")[:1]
    rows = Standing.objects.annotate(period=periods(), reviewed_on=Subquery(last))
    since = Coalesce("reviewed_on", "in_cell_since")
    return rows.annotate(review_on=DaysAfter(since, F("period"))).exclude(Q(review_on=None))


def overdue(today: date) -> QuerySet[Standing]:
    return planned().filter(Q(review_on__lt=today))


def soon(today: date) -> QuerySet[Standing]:
    """Due from today on within a month."""
    return planned().filter(Q(review_on__gte=today, review_on__lte=today + SOON))


@transaction.atomic
def review(companies: Iterable[int], *, user_id: int | None, today: date, note: str) -> int:
    """Note that these companies were looked at today, in the cell where they stand. Returns how many.

    The same finding of the same person twice a day is kept once.
    """
    said = Review.objects.filter(on=today, by=user_id, note=note).values("company")
    rows = Standing.objects.filter(pk__in=list(companies)).exclude(pk__in=said).order_by("pk")
    made = [
        Review(company_id=pk, cell=cell, on=today, by_id=user_id, note=note)
        for pk, cell in rows.values_list("pk", "cell")
    ]
    Review.objects.bulk_create(made, batch_size=500)
    return len(made)


def history(company: int) -> QuerySet[Review]:
    return Review.objects.filter(company=company).select_related("by")
