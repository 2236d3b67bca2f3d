"""Exposure, ageing and KPIs of a portfolio restated, beside raw SQL that computes the same sums, in one run."""

import argparse
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import Figure, median_ms, tell
from benchmarks.pages import start_django

GOAL = 3.0  # times the raw SQL
SUMS_OF_OTHERS = {"all.items", "all.debts", "part.overdue", "due.credits", "document.credits", "document.no_due_date"}

# the parts with disputes and matched credits, the buckets on both bases, by company and currency
PARTS = """
SELECT a.company_id, i.currency,
  SUM(CASE WHEN i.amount >= 0 AND i.due_date < :today THEN i.amount END),
  SUM(CASE WHEN i.amount >= 0 AND i.type = 'bill' AND (i.due_date IS NULL OR i.due_date >= :today) THEN i.amount END),
  SUM(CASE WHEN i.amount >= 0 AND i.due_date IS NULL AND i.type <> 'bill' THEN i.amount END),
  SUM(CASE WHEN i.amount >= 0 AND i.due_date >= :today AND i.type <> 'bill' THEN i.amount END),
  SUM(CASE WHEN i.amount < 0 AND i.type <> 'payment' THEN i.amount END),
  SUM(CASE WHEN i.amount < 0 AND i.type = 'payment' THEN i.amount END),
  SUM(CASE WHEN i.amount >= 0 AND (i.type <> 'bill' OR i.due_date < :today) AND (i.disputed OR i.id IN (
    SELECT item_id FROM companies_dispute WHERE since <= :today AND (ended_on IS NULL OR ended_on > :today)
  )) THEN i.amount END),
  SUM(CASE WHEN i.amount < 0 AND i.settles <> '' THEN i.amount END),
  {buckets}
FROM companies_openitem i JOIN companies_account a ON a.id = i.account_id
WHERE i.closed_on IS NULL AND a.role <> 'supplier' GROUP BY a.company_id, i.currency
"""
BUCKETS = """
  SUM(CASE WHEN i.amount >= 0 AND i.{day} >= :today THEN i.amount END),
  SUM(CASE WHEN i.amount >= 0 AND i.{day} < :today AND i.{day} >= :d30 THEN i.amount END),
  SUM(CASE WHEN i.amount >= 0 AND i.{day} < :d30 AND i.{day} >= :d60 THEN i.amount END),
  SUM(CASE WHEN i.amount >= 0 AND i.{day} < :d60 AND i.{day} >= :d90 THEN i.amount END),
  SUM(CASE WHEN i.amount >= 0 AND i.{day} < :d90 THEN i.amount END),
  SUM(CASE WHEN i.amount >= 0 AND i.{day} IS NULL THEN i.amount END),
  SUM(CASE WHEN i.amount < 0 THEN i.amount END)"""
KPIS = """
SELECT i.currency, SUM(i.amount), COUNT(*),
  SUM(CASE WHEN i.due_date < :today THEN i.amount END),
  SUM(CASE WHEN i.due_date >= :today THEN i.amount END),
  SUM(CASE WHEN i.due_date < :today THEN i.amount * (julianday(:today) - julianday(i.due_date)) END),
  SUM(i.amount * (julianday(:today) - julianday(i.document_date)))
FROM companies_openitem i JOIN companies_account a ON a.id = i.account_id
WHERE i.closed_on IS NULL AND a.role <> 'supplier' AND i.amount >= 0 GROUP BY i.currency
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=20_000)
    parser.add_argument("--times", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="riskportal-exposure-") as folder:
        start_django(Path(folder), "")
        from django.core.management import call_command
        from django.utils import timezone

        call_command("generate_portfolio", arguments.companies, seed=1, verbosity=0)
        today = timezone.localdate()
        floor = median_ms(lambda: raw(today), times=arguments.times)
        spent = median_ms(lambda: restated(today), times=arguments.times)
    tell([Figure(f"exposure of {arguments.companies} companies", spent, "ms", GOAL, floor=round(floor, 3))])


def raw(today: date) -> list[Any]:
    from django.db import connection

    days = {f"d{count}": str(today - timedelta(days=count)) for count in (30, 60, 90)} | {"today": str(today)}
    buckets = ",".join(BUCKETS.format(day=day) for day in ("due_date", "document_date"))
    found: list[Any] = []
    with connection.cursor() as cursor:
        for statement in (PARTS.format(buckets=buckets), KPIS):
            found.append(cursor.cursor.connection.execute(statement, days).fetchall())
    return found


def restated(today: date) -> Any:
    """Parts and both ageings company by company, and the KPIs of all, by the sums that the pages and lists show."""
    from companies.rules.exposure import ExposurePolicy
    from monitoring.services import exposure, kpis
    from monitoring.services.counted import COMPANY, promised
    from monitoring.services.money import Rates, sums_by
    from monitoring.services.scope import Scope

    scope, policy, rates = Scope(), ExposurePolicy(), Rates(today)
    wanted = {key: q for key, q in exposure.conditions(today).items() if key not in SUMS_OF_OTHERS}
    each = sums_by(scope.items(), COMPANY, wanted, rates=rates)
    orders = promised(scope.promises(), as_of=today, policy=policy, rates=rates)
    found = exposure.totals(scope.items(), scope.promises(), as_of=today, policy=policy)
    return each, orders, kpis.behaviour(found.owed, kpis.sales(today), opening=None, rate=None)


if __name__ == "__main__":
    main()
