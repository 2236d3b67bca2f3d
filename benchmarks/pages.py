"""Server time and queries of the portfolio, the matrix and a company page, on a small and a large portfolio.

The floor of a page is the same page on the small portfolio, in the same run: what grows with the data shows as a ratio.
"""

import argparse
import os
import secrets
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import Figure, median_ms, tell

PAGES = ("portfolio", "matrix", "company")
GENERATED_IN = 120.0  # seconds for the large portfolio
GROWTH = {"portfolio": 4.0, "matrix": 1.5, "company": 2.0}  # how much slower the large portfolio may be


@dataclass(frozen=True)
class Measured:
    milliseconds: float
    queries: int
    scans_standings: bool


def main() -> None:
    arguments = parse()
    with tempfile.TemporaryDirectory(prefix="riskportal-pages-") as folder:
        start_django(Path(folder), arguments.database_url)
        small, _ = on(arguments.small, arguments)
        large, generated = on(arguments.large, arguments)
    figures = [Figure(f"generate {arguments.large}", generated, "s", GENERATED_IN)]
    for page in PAGES:
        before, after = small[page], large[page]
        figures += [
            Figure(f"{page} time", after.milliseconds, "ms", GROWTH[page], floor=round(before.milliseconds, 3)),
            Figure(f"{page} queries", after.queries, "queries", 1.0, floor=before.queries),
        ]
    figures.append(Figure("matrix reads companies", large["matrix"].scans_standings, "yes=1", 0))
    tell(figures)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=300, help="companies of the small portfolio")
    parser.add_argument("--large", type=int, default=100_000, help="companies of the large portfolio")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--times", type=int, default=15, help="requests per page; the median is told")
    parser.add_argument(
        "--database-url", default="", help="an empty database to use; SQLite in a temporary folder if not given"
    )
    return parser.parse_args()


def start_django(folder: Path, database_url: str) -> None:
    (folder / "static").mkdir()
    os.environ |= {
        "VAR_DIR": str(folder),
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DJANGO_SETTINGS_MODULE": "riskportal.settings",
        "LOG_LEVEL": "WARNING",
    }
    if database_url:
        os.environ["DATABASE_URL"] = database_url
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("roles", verbosity=0)


def on(companies: int, arguments: argparse.Namespace) -> tuple[dict[str, Measured], float]:
    """Measure every page on a portfolio of this size, made afresh."""
    from django.core.management import call_command

    call_command("flush", interactive=False, verbosity=0)
    call_command("migrate", "monitoring", "0001", verbosity=0)
    call_command("migrate", verbosity=0)  # the flush took the default policy with it
    call_command("roles", verbosity=0)
    start = perf_counter()
    call_command("generate_portfolio", companies, seed=arguments.seed, verbosity=0)
    generated = perf_counter() - start
    return {page: measure(address, times=arguments.times) for page, address in addresses().items()}, generated


def addresses() -> dict[str, str]:
    from django.urls import reverse

    from monitoring.models import Standing

    biggest = Standing.objects.order_by("-exposure").values_list("pk", flat=True)[0]
    return {
        "portfolio": reverse("portfolio"),
        "matrix": reverse("matrix"),
        "company": reverse("company", args=[biggest]),
    }


def measure(address: str, *, times: int) -> Measured:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = reader()

    def get() -> Any:
        response = client.get(address)
        if response.status_code != 200:
            raise SystemExit(f"{address} answered {response.status_code}")
        return response

    milliseconds = median_ms(get, times=times)
    with CaptureQueriesContext(connection) as queries:
        get()
    scans = any('"monitoring_standing"' in query["sql"] for query in queries)
    return Measured(milliseconds, len(queries), scans)


def reader() -> Any:
    """A client of the site, logged in as someone who may read everything."""
    from django.contrib.auth.models import Group, User
    from django.test import Client

    user, _created = User.objects.get_or_create(username="reader")
    user.groups.add(Group.objects.get(name="auditor"))
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    return client


if __name__ == "__main__":
    main()
