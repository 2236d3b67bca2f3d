"""How fast reports are refreshed from the sandbox, against the same requests by a bare pool of threads.

The floor is a `requests.Session` shared by as many threads, and `json.loads` of each answer, in the same run: what ours
does beyond is the claim, the compression, the archive, the profile, the history and the marks for the standings.
Memory is the resident set of this process, sampled while reports come in.
"""

import argparse
import json
import os
import secrets
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import Figure, tell
from benchmarks._box import Box, faults

GOALS = {False: 2.5, True: 1.3}  # how much slower than the floor: without and with latency
FLAT = 1.25
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Memory:
    """Peaks of the resident set in MB: while the first tenth came in, and over the whole run."""

    total: int
    early: float = 0
    whole: float = 0
    done: Event = field(default_factory=Event)

    def sample(self) -> None:
        from companies.models import ReportOrder

        while not self.done.wait(0.1):
            resident = int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 2**20
            self.whole = max(self.whole, resident)
            if ReportOrder.objects.filter(state="done").count() <= self.total / 10:
                self.early = max(self.early, resident)


def main() -> None:
    arguments = parse()
    with tempfile.TemporaryDirectory(prefix="riskportal-refresh-") as folder:
        start_django(Path(folder), arguments.database_url)
        with Box(companies=arguments.companies + arguments.companies // 10 + 50, seed=1) as box:
            figures = [one for latency in arguments.latencies for one in measure(box, latency, arguments)]
    tell(figures)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--companies", type=int, default=1000, help="reports to refresh (the full figure: 10000)")
    parser.add_argument("--latencies", type=int, nargs="+", default=[0, 50, 200], metavar="MS", help="of the sandbox")
    parser.add_argument("--threads", type=int, default=8, help="calls at once, for ours and for the floor")
    parser.add_argument(
        "--database-url", default="", help="an empty database; SQLite in a temporary folder if not given"
    )
    return parser.parse_args()


def start_django(folder: Path, database_url: str) -> None:
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


def measure(box: Box, latency: int, arguments: argparse.Namespace) -> Iterator[Figure]:
    """Floor, ours, floor again: a machine that is busy for a while is busy for both."""
    connect_ids = companies(box, arguments.companies)
    prepare(box, connect_ids, threads=arguments.threads)
    floor(box.url, connect_ids, arguments.threads)  # the sandbox invents its companies at the first request
    with slow(box, latency):
        before = floor(box.url, connect_ids, arguments.threads)
        memory = Memory(len(connect_ids))
        spent = ours(memory)
        after = floor(box.url, connect_ids, arguments.threads)
    check(connect_ids)
    name, goal = f"refresh {len(connect_ids)} at {latency} ms", GOALS[latency > 0]
    yield Figure(name, spent, "s", goal, floor=round((before + after) / 2, 3))
    yield Figure(f"{name}, peak memory", memory.whole, "MB", FLAT, floor=round(memory.early, 1))


@contextmanager
def slow(box: Box, latency: int) -> Iterator[None]:
    with faults(box, *([f"slow={latency / 1000}"] if latency else [])):
        yield


def companies(box: Box, count: int) -> list[list[str]]:
    """[connectId, name, country, number] of companies whose report needs no reason of German law."""
    return [one for one in box("companies") if one[2] != "DE"][:count]


def prepare(box: Box, theirs: list[list[str]], *, threads: int) -> None:
    """Companies as a link leaves them, each with a report on order, in an empty database."""
    from django.core.management import call_command
    from django.utils import timezone

    from companies.choices import LinkState, OrderReason, Origin
    from companies.models import Company, Connection, FieldSource, Profile, ReportOrder

    call_command("flush", interactive=False, verbosity=0)
    now = timezone.now()
    pace = {"calls_per_minute": 10_000_000, "parallel_calls": threads, "report_ceiling": 10_000_000}
    Connection(base_url=box.url, username="demo", password="sandbox", **pace).save()
    told = box("details")
    made = Company.objects.bulk_create(
        [
            Company(
                name=name,
                name_key=name.upper(),
                country=country,
                registration_number=number,
                link_state="linked",
                **told[connect_id],
            )
            for connect_id, name, country, number in theirs
        ],
        batch_size=500,
    )
    FieldSource.objects.bulk_create(
        [
            FieldSource(company=one, field=name, source=Origin.CREDITSAFE, since=now)
            for one, row in zip(made, theirs, strict=True)
            for name, value in told[row[0]].items()
            if value
        ],
        batch_size=500,
    )
    pairs = list(zip(made, theirs, strict=True))
    Profile.objects.bulk_create(
        [Profile(company=one, connect_id=row[0], name=row[1], linked_at=now) for one, row in pairs], batch_size=500
    )
    ReportOrder.objects.bulk_create(
        [ReportOrder(company=one, country=row[2], reason=OrderReason.LINKED, requested_at=now) for one, row in pairs],
        batch_size=500,
    )
    assert Company.objects.filter(link_state=LinkState.LINKED).count() == len(theirs)


def floor(url: str, theirs: list[list[str]], threads: int) -> float:
    """Seconds of the same requests, bare."""
    import requests
    from requests.adapters import HTTPAdapter

    session = requests.Session()
    session.mount("http://", HTTPAdapter(pool_connections=2, pool_maxsize=threads))
    token = session.post(f"{url}/authenticate", json={"username": "demo", "password": "sandbox"}).json()["token"]
    session.headers["Authorization"] = f"Bearer {token}"

    def get(connect_id: str) -> None:
        answer: Any = json.loads(session.get(f"{url}/companies/{connect_id}", params={"language": "fr"}).content)
        if "report" not in answer:
            raise SystemExit(f"no report of {connect_id}: {str(answer)[:200]}")

    start = perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        for _done in pool.map(get, [row[0] for row in theirs]):
            pass
    return perf_counter() - start


def ours(memory: Memory) -> float:
    """Seconds of the refresh job, as a worker runs it."""
    from django.utils import timezone

    from companies.choices import JobKind
    from companies.models import Job
    from companies.services import jobs, refresh

    watcher = Thread(target=memory.sample, daemon=True)
    watcher.start()
    start = perf_counter()
    job = Job.objects.ensure(JobKind.REFRESH, now=timezone.now())
    ended = jobs.run(job.pk, work=lambda job, progress: refresh.work(progress, clock=timezone.now), clock=timezone.now)
    spent = perf_counter() - start
    memory.done.set()
    watcher.join()
    if not ended:
        job.refresh_from_db()
        raise SystemExit(f"the refresh did not end: {job.state} {job.error}")
    return spent


def check(theirs: list[list[str]]) -> None:
    """What was fast is there too."""
    from companies.models import Profile, ReportOrder

    done = ReportOrder.objects.filter(state="done").count()
    filled = Profile.objects.exclude(report=None).count()
    if not done == filled == len(theirs):
        raise SystemExit(f"{done} orders and {filled} profiles are done, of {len(theirs)}")


if __name__ == "__main__":
    main()
