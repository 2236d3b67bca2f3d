"""The matrix at size: its page, a switch of the policy, flows and what-if, each beside the plainest thing that does it.

Floors, in the same run: the page with no companies; the raw SQL join of two dates; the raw aggregate; one plain UPDATE
of every standing (the quicker of two). `--postgres` brings a server of its own, out of a wheel.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import Figure, median_ms, tell
from benchmarks.pages import start_django

PAGE, FLOWS, WHAT_IF, SWITCH = 2.0, 2.0, 1.5, 1 / 0.3
SEEDED = 2_000  # companies made one by one; the others are copies with other figures
APART = timedelta(days=20)  # since when the moved ones are where they are


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=100_000)
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL instead of SQLite")
    parser.add_argument("--times", type=int, default=5)
    arguments = parser.parse_args()
    from tests.postgres import postgres

    server = postgres() if arguments.postgres else nullcontext("")
    with server as url, tempfile.TemporaryDirectory(prefix="riskportal-matrix-") as folder:
        start_django(Path(folder), url)
        tell(measured(arguments.companies, arguments.times))


def measured(companies: int, times: int) -> list[Figure]:
    from django.utils import timezone

    now = timezone.now()
    today = timezone.localdate(now)
    page = visitor("/matrix/")
    page()
    empty = median_ms(page, times=3 * times)
    grow(companies, today)
    with_all = median_ms(page, times=3 * times)
    print(f"{companies} companies are there; the matrix took {with_all:.1f} ms", flush=True)
    return [
        Figure("matrix page", with_all, "ms", PAGE, floor=round(empty, 3)),
        *flows(today, times),
        *what_if(today, times),
        *switch(now, today),
    ]


def visitor(address: str) -> Callable[[], Any]:
    from django.contrib.auth.models import Group, User
    from django.test import Client

    user = User.objects.create(username="bench")
    user.groups.add(Group.objects.get(name="manager"))
    client = Client(HTTP_HOST="localhost", headers={"accept-language": "en"})
    client.force_login(user)

    def visit() -> None:
        response = client.get(address)
        if response.status_code != 200:
            raise SystemExit(f"{address} answered {response.status_code}")

    return visit


def grow(companies: int, today: date) -> None:
    """Companies, standings and two months of positions; a tenth of them moved between."""
    from django.core.management import call_command

    from companies.models import Company
    from monitoring.models import Standing

    call_command("generate_portfolio", min(SEEDED, companies), seed=1, verbosity=0)
    first = Company.objects.order_by("pk").values_list("pk", flat=True)[0]
    for copy in range(1, max(1, companies // SEEDED)):
        multiply(Company, copy, first, {"registration_number": "''", "name": f"name || ' {copy}'"})
        other = {"score": f"(score + {copy * 7}) % 101", "exposure": f"exposure * {1 + copy % 9}"}
        multiply(Standing, copy, first, {"head_id": "NULL", **other})
    settle(today)


def multiply(model: Any, copy: int, first: int, changed: dict[str, str]) -> None:
    from django.db import connection

    table, key = model._meta.db_table, model._meta.pk.column
    columns = [field.column for field in model._meta.concrete_fields]
    values = [f"{key} + {copy * SEEDED}" if name == key else changed.get(name, name) for name in columns]
    where = f"{key} >= {first} AND {key} < {first + SEEDED}"
    quoted = ", ".join(f'"{name}"' for name in columns)
    sql = f"INSERT INTO {table} ({quoted}) SELECT {', '.join(values)} FROM {table} WHERE {where}"
    with connection.cursor() as cursor:
        cursor.execute(sql)


def settle(today: date) -> None:
    """Cells by the policy in force, the sums over them, and the positions that led there."""
    from django.db import connection
    from django.db.models import F
    from django.utils import timezone

    from monitoring.models import Position, Standing
    from monitoring.services import positions
    from monitoring.services import switch as switching
    from monitoring.services.sums import recount

    switching.run(lambda done, total: None, now=timezone.now(), as_of=today)
    recount()
    Position.objects.all()._raw_delete("default")
    long_ago, day = today - timedelta(days=60), today - APART
    moved = "company_id % 10 = 0"
    was = {
        "score": "CASE WHEN score > 50 THEN 40 ELSE 70 END",
        "cell": "CASE WHEN cell LIKE '%-FAV' THEN 'LOW-MOD' ELSE 'LOW-FAV' END",
    }
    with connection.cursor() as cursor:
        for where, begins, ends, other in (
            (f"NOT ({moved})", long_ago, None, {}),
            (moved, long_ago, day, was),
            (moved, day, None, {}),
        ):
            cursor.execute(history(positions.COLUMNS, where, begins, ends, other))
        cursor.execute("ANALYZE")
    Standing.objects.filter(in_cell_since=None).update(in_cell_since=F("scored_on"))


def history(columns: list[str], where: str, begins: date, ends: date | None, other: dict[str, str]) -> str:
    """Positions out of standings, shown and true in one interval."""
    end = "NULL" if ends is None else f"'{ends}'"
    names = ", ".join(f'"{name}"' for name in columns)
    chosen = ", ".join(other.get(name, f'"{name}"') for name in columns)
    return (
        f"INSERT INTO monitoring_position ({names}, company_id, known_from, known_until, valid_from, valid_until,"
        f" cause, note) SELECT {chosen}, company_id, '{begins}', {end}, '{begins}', {end}, 'report', ''"
        f" FROM monitoring_standing WHERE {where}"
    )


SHOWN = "SELECT company_id, cell, exposure FROM monitoring_position WHERE known_from < %s"
SHOWN += " AND (known_until IS NULL OR known_until >= %s)"
RAW_FULL = f"""
    SELECT a.cell, b.cell, COUNT(*), SUM(a.exposure), SUM(b.exposure)
    FROM ({SHOWN}) a FULL JOIN ({SHOWN}) b ON a.company_id = b.company_id GROUP BY 1, 2"""
# SQLite takes minutes for its FULL JOIN: there, those who left or stayed, and those who entered
RAW_LEFT = f"""
    SELECT a.cell, b.cell, COUNT(*), SUM(a.exposure), SUM(b.exposure)
    FROM ({SHOWN}) a LEFT JOIN ({SHOWN}) b ON a.company_id = b.company_id GROUP BY 1, 2
    UNION ALL SELECT NULL, b.cell, COUNT(*), NULL, SUM(b.exposure) FROM ({SHOWN}) b
    WHERE NOT EXISTS (SELECT 1 FROM ({SHOWN}) a WHERE a.company_id = b.company_id) GROUP BY 2"""


def flows(today: date, times: int) -> list[Figure]:
    """The flows by cause of the last month, beside the raw join of the two dates by cell."""
    from django.db import connection

    from monitoring.services.flows import Period, Scope
    from monitoring.services.flows import flows as moved

    month = Period(today - timedelta(days=30), today)
    first, last = ([str(day + timedelta(days=1))] * 2 for day in (month.since, month.until))
    sql, days = RAW_LEFT, [*first, *last, *last, *first]
    if connection.vendor == "postgresql":
        sql, days = RAW_FULL, [*first, *last]

    def raw() -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(sql, days)
            return list(cursor.fetchall())

    if sum(row[2] for row in raw()) != sum(flow.count for flow in moved(Scope(), month)):
        raise SystemExit("the flows are not those of the raw join")
    floor, spent = (median_ms(work, times=times) for work in (raw, lambda: moved(Scope(), month)))
    return [Figure("flows of a month", spent, "ms", FLOWS, floor=round(floor, 3))]


RAW_EFFECT = """
    SELECT cell, CASE
        WHEN in_proceeding OR status = 'non_active' OR rating_state = 'failed' THEN 'FAIL'
        WHEN rating_state <> 'rated' THEN 'NR'
        WHEN score >= 0 AND score < 1 THEN 'FAIL'
        WHEN score >= 56 AND credit_limit >= 30000 THEN 'HIGH-FAV' WHEN score >= 56 THEN 'LOW-FAV'
        WHEN score >= 30 AND credit_limit >= 30000 THEN 'HIGH-MOD' WHEN score >= 30 THEN 'LOW-MOD'
        WHEN score >= 1 AND credit_limit >= 30000 THEN 'HIGH-DEF' WHEN score >= 1 THEN 'LOW-DEF'
        ELSE 'NR' END, COUNT(*), SUM(exposure)
    FROM monitoring_standing GROUP BY 1, 2"""


def what_if(today: date, times: int) -> list[Figure]:
    """The page part that follows the bounds of a draft, beside the aggregate that it needs, written by hand."""
    from django.contrib.auth.models import User
    from django.db import connection

    from monitoring.models import MatrixPolicy
    from monitoring.services import policies

    def raw() -> None:
        with connection.cursor() as cursor:
            cursor.execute(RAW_EFFECT)
            cursor.fetchall()

    draft = policies.draft_from(MatrixPolicy.objects.active(), user_id=None)
    MatrixPolicy.objects.filter(pk=draft.pk).update(sound_from=Decimal(56), high_from=Decimal(30_000))
    User.objects.filter(username="bench").delete()
    page = visitor(f"/matrix/policies/{draft.pk}/what-if/")
    page()
    raw()
    floor = median_ms(raw, times=times)
    return [Figure("what-if preview", median_ms(page, times=times), "ms", WHAT_IF, floor=round(floor, 3))]


def switch(now: Any, today: date) -> list[Figure]:
    """The second of two policies that differ in both bounds and the threshold: a part of the companies moves."""
    from django.contrib.auth.models import User
    from django.db import connection

    from monitoring.models import MatrixPolicy, Standing
    from monitoring.services import policies
    from monitoring.services import switch as switching

    def plain() -> float:
        started = perf_counter()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE monitoring_standing SET cell = cell, severity = severity, policy_id = policy_id")
        return perf_counter() - started

    draft = policies.draft_from(MatrixPolicy.objects.active(), user_id=None)
    MatrixPolicy.objects.filter(pk=draft.pk).update(sound_from=Decimal(56), high_from=Decimal(30_000))
    policies.approve(draft, user_id=User.objects.get().pk, now=now)
    policies.put_in_force(draft, now=now)
    before = dict(Standing.objects.values_list("pk", "cell")) if Standing.objects.count() <= 100_000 else {}
    floor = plain()
    waits: list[float] = []
    started = last = perf_counter()

    def progress(done: int, total: int) -> None:
        nonlocal last
        waits.append(perf_counter() - last)
        last = perf_counter()

    switching.run(progress, now=now, as_of=today)
    spent = perf_counter() - started
    floor = min(floor, plain())
    if before:
        moved = sum(before[pk] != cell for pk, cell in Standing.objects.values_list("pk", "cell"))
        print(f"{moved} of {len(before)} companies moved", flush=True)
    return [
        Figure("switch of the policy", spent, "s", SWITCH, floor=round(floor, 3)),
        Figure("longest transaction of the switch", max(waits), "s", 5.0),
    ]


if __name__ == "__main__":
    main()
