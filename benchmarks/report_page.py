"""Server time and queries of each tab of a company whose report is 1 MB, beside the same tab over one of 60 kB.

The floor of a tab is the same tab over the small report, in the same run. The large one is British, with 700 mortgages.
"""

import argparse
import json
import os
import secrets
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import ROOT, Figure, tell

SAMPLES = ROOT / "tests" / "creditsafe" / "samples"
MORTGAGES = 700
SMALL, LARGE = 60_000, 1_000_000
RATIO = 2.0


def main() -> None:
    arguments = parse()
    with tempfile.TemporaryDirectory(prefix="riskportal-report-") as folder:
        start_django(Path(folder))
        client = reader()
        small, large = company("small", british(SMALL)), company("large", british(LARGE))
        figures = []
        for tab in tabs():
            (floor, floor_queries), (spent, queries) = measure(
                client, address(tab, small), address(tab, large), times=arguments.times
            )
            figures += [
                Figure(f"{tab} time", spent, "ms", RATIO, floor=round(floor, 3)),
                Figure(f"{tab} queries", queries, "queries", 1.0, floor=floor_queries),
            ]
    tell(figures)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=15, help="requests per tab; the median is told")
    return parser.parse_args()


def start_django(folder: Path) -> None:
    os.environ |= {
        "VAR_DIR": str(folder),
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DJANGO_SETTINGS_MODULE": "riskportal.settings",
        "LOG_LEVEL": "WARNING",
    }
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("roles", verbosity=0)


def british(size: int) -> dict[str, Any]:
    """A report of about so many bytes: the British sample, with as many long mortgages as it takes, up to 700."""
    body: dict[str, Any] = json.loads((SAMPLES / "report_gb.json").read_text())
    several(body["report"])
    extra = body["report"]["additionalInformation"]
    room = size - len(json.dumps(body))
    number = MORTGAGES if size >= LARGE else 40
    extra["mortgageDetails"] = [mortgage(index, max(room // number - 260, 1)) for index in range(number)]
    extra["mortgageSummary"] = {"outstanding": number, "satisfied": 0}
    return body


def several(report: dict[str, Any]) -> None:
    """What both have in common: five years, a few directors."""
    year = report["financialStatements"][0]
    report["financialStatements"] = [year | {"yearEndDate": f"{2024 - back}-12-31T00:00:00Z"} for back in range(5)]
    director = report["directors"]["currentDirectors"][1]
    report["directors"]["previousDirectors"] = [director | {"id": str(number)} for number in range(20)]


def mortgage(index: int, length: int) -> dict[str, Any]:
    words = f"All moneys due or to become due from the company to the chargee under charge {index}. "
    return {
        "mortgageType": "LEGAL CHARGE",
        "dateChargeCreated": f"{1990 + index % 35}-03-{1 + index % 28:02d}T00:00:00Z",
        "status": "OUTSTANDING",
        "personsEntitled": f"INVENTED BANK {index % 9} PLC",
        "details": (words * (length // len(words) + 1))[:length],
    }


def company(name: str, body: dict[str, Any]) -> int:
    from django.utils import timezone

    from companies.choices import LinkState
    from companies.models import Company, Profile
    from companies.services import archive
    from monitoring.services import standing

    now = timezone.now()
    made = Company.objects.create(name=name, country="GB", link_state=LinkState.LINKED)
    raw = json.dumps(body).encode()
    profile = Profile.objects.create(company=made, connect_id=f"GB-0-{name}", name=name, linked_at=now)
    report, _new = archive.keep(made.pk, raw=raw, data=body, connect_id=profile.connect_id, ordered_at=now, now=now)
    Profile.objects.filter(pk=profile.pk).update(report=report, reported_at=now)
    standing.restate([made.pk], now=now, as_of=timezone.localdate(now))
    return made.pk


def tabs() -> list[str]:
    from monitoring.views.company_tabs import BAR

    return [tab.slug or "summary" for tab in BAR]


def address(tab: str, pk: int) -> str:
    from django.urls import reverse

    return reverse("company" if tab == "summary" else f"company_{tab}", args=[pk])


def measure(client: Any, *urls: str, times: int) -> list[tuple[float, int]]:
    """Median milliseconds and queries of each address, asked in turns: what else the machine does strikes all."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def get(url: str) -> float:
        start = perf_counter()
        response = client.get(url)
        if response.status_code != 200:
            raise SystemExit(f"{url} answered {response.status_code}")
        return (perf_counter() - start) * 1000

    queries = []
    for url in urls:
        with CaptureQueriesContext(connection) as taken:
            get(url)
        queries.append(len(taken))
    rounds = [[get(url) for url in urls] for _ in range(times)]
    return [(median(spent), count) for spent, count in zip(zip(*rounds, strict=True), queries, strict=True)]


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
