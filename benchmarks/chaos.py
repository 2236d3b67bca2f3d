"""Seeded chaos: a real worker is killed with -9 and started again, the broker is emptied, Creditsafe misbehaves.

Each run links, reports and watches companies in an empty database beside a sandbox in its own process, until the work
settles. Then our ledger is compared with what the sandbox billed and told:

lost      companies billed a readable report that is not stored, orders without end, events that we do not have
doubled   reports billed that no order and no attempt cut off by a kill explains, or more of them than calls in flight
wrong     standings or sums that a rebuild from the facts changes
"""

import argparse
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import ROOT, Figure, tell
from benchmarks._box import Box

DATABASE = "riskportal.sqlite3"
STORM = 14.0  # seconds
SETTLED = 100.0
CALM = 2.5
COUNTED = ("401-midrun", "429=2", "500=3", "report-unavailable")
LASTING = ("truncated", "down", "slow=0.3", "duplicate-events", "late-events", "repeat-page", "no-report")
WATCHED_LEAST = 5


@dataclass
class Outcome:
    """One run. Of the `billed` reports at the sandbox, `extra` are not known to us as billed; `cut` are the attempts
    that a kill cut off, which explain them.
    """

    seed: int
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    kills: int = 0
    faults: int = 0
    companies: int = 0
    reports: int = 0
    billed: int = 0
    extra: int = 0
    cut: int = 0
    unreadable: int = 0
    events: int = 0
    halts: int = 0
    seconds: float = 0
    notes: list[str] = field(default_factory=list)


def main() -> None:
    arguments = parse()
    if arguments.one is not None:
        print(json.dumps(asdict(Run(arguments.one, arguments.companies, Path(os.environ["VAR_DIR"])).play())))
        return
    with tempfile.TemporaryDirectory(prefix="riskportal-chaos-") as folder:
        template = Path(folder) / "template"
        python("manage.py", "migrate", "--verbosity", "0", folder=template)
        seeds = range(arguments.seed, arguments.seed + arguments.runs)
        outcomes = [one(seed, arguments.companies, template, Path(folder)) for seed in seeds]
    table(outcomes)
    tell(
        Figure(f"{name} in {arguments.runs} chaos runs", sum(getattr(run, name) for run in outcomes), name, 0)
        for name in ("lost", "doubled", "wrong")
    )


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="of the first run; the next ones count on")
    parser.add_argument("--runs", type=int, default=3, help="the full figure: 20")
    parser.add_argument("--companies", type=int, default=60)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def python(*command: str, folder: Path) -> str:
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment(folder), stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    return done.stdout


def environment(folder: Path) -> dict[str, str]:
    foreign = ("DATABASE_URL", "REDIS_URL", "CREDITSAFE_", "DJANGO_", "DEBUG", "DEMO")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    kept.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
    os.environ["SECRET_KEY"] = kept["SECRET_KEY"]
    return kept | {"VAR_DIR": str(folder), "LOG_LEVEL": "WARNING", "DJANGO_SETTINGS_MODULE": "riskportal.settings"}


def one(seed: int, companies: int, template: Path, folder: Path) -> Outcome:
    """A run in a process and a folder of its own."""
    var = folder / f"run-{seed}"
    var.mkdir()
    shutil.copy(template / DATABASE, var / DATABASE)
    said = python(__file__, "--one", str(seed), "--companies", str(companies), folder=var)
    outcome = Outcome(**json.loads(said.splitlines()[-1]))
    print(row(outcome), file=sys.stderr, flush=True)
    if not outcome.notes:
        shutil.rmtree(var, ignore_errors=True)
    return outcome


class Run:
    """One run: the storm, the calm after it, and the reckoning."""

    def __init__(self, seed: int, companies: int, var: Path) -> None:
        import django

        for name in ("queue", "control", "processed", "cache", "files"):
            (var / name).mkdir(exist_ok=True)
        django.setup()
        self.outcome, self.var, self.companies = Outcome(seed=seed), var, companies
        self.chance = Random(seed)
        self.worker: subprocess.Popen[bytes] | None = None
        self.lifts: list[tuple[float, str]] = []

    def play(self) -> Outcome:
        start = time.monotonic()
        with Box(companies=4 * self.companies, seed=self.outcome.seed) as self.box:
            self.prepare()
            try:
                self.start()
                self.storm()
                self.calm()
            finally:
                self.kill()
            self.reckon()
        self.outcome.seconds = round(time.monotonic() - start, 1)
        return self.outcome

    def prepare(self) -> None:
        from companies.models import Account, Company, Connection
        from companies.rules.matching import name_key

        Connection(base_url=self.box.url, username="demo", password="sandbox").save()
        theirs = [row for row in self.box("companies") if row[2] == "FR"][: self.companies]
        made = Company.objects.bulk_create(
            Company(name=name, name_key=name_key(name), country=country, registration_number=number)
            for _connect_id, name, country, number in theirs
        )
        Account.objects.bulk_create(
            Account(company=company, code=f"411{company.pk:05d}", role="client", name=company.name) for company in made
        )

    # ---- the worker

    def start(self) -> None:
        command = ["-m", "celery", "-A", "benchmarks._chaos_worker", "worker", "-B", "-P", "threads", "-c", "4"]
        command += ["-s", str(self.var / "schedule"), "-l", "WARNING", "--without-gossip", "--without-mingle"]
        with (self.var / "worker.log").open("ab") as log:
            self.worker = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env=environment(self.var), stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def kill(self) -> None:
        """kill -9 of the worker with its beat."""
        if self.worker is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.worker.pid, signal.SIGKILL)
            self.worker.wait()
            self.worker = None

    def restart(self) -> None:
        self.kill()
        self.outcome.kills += 1
        for part in self.var.glob("schedule*"):
            part.unlink(missing_ok=True)  # a killed beat may leave half of it
        self.start()

    def empty_broker(self) -> None:
        for name in ("queue", "control"):
            for message in (self.var / name).glob("*"):
                message.unlink(missing_ok=True)

    # ---- the storm

    def storm(self) -> None:
        """Everything at random, from the seed; what happens meanwhile in the worker is not."""
        self.first_link()
        ends = time.monotonic() + STORM
        kills = sorted(self.chance.uniform(0.25, 0.95) * STORM for _ in range(self.chance.randint(2, 4)))
        broker = self.chance.uniform(0.3, 0.8) * STORM
        while (left := ends - time.monotonic()) > 0:
            spent = STORM - left
            self.lift(time.monotonic())
            if kills and spent >= kills[0]:
                kills.pop(0)
                self.amid_orders()
                self.restart()
            if broker and spent >= broker:
                broker = 0.0
                self.empty_broker()
            self.misbehave()
            self.happen()
            time.sleep(self.chance.uniform(0.1, 0.6))

    def first_link(self) -> None:
        """The worker takes seconds to start: the storm is for when it works."""
        from companies.models import Profile

        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not Profile.objects.exists():
            time.sleep(0.05)

    def amid_orders(self) -> None:
        """Wait until answers are on their way, so that kills fall before, during and after them."""
        from companies.models import ReportOrder

        self.ask(20)
        deadline = time.monotonic() + 1.5
        while time.monotonic() < deadline and not ReportOrder.objects.filter(state="ordering").exists():
            time.sleep(0.005)
        time.sleep(self.chance.uniform(0, 0.15))

    def ask(self, count: int) -> None:
        """Orders beside those of links and events, as the rule of age makes them."""
        from django.utils import timezone

        from companies.choices import OrderReason
        from companies.models import Profile
        from companies.services import orders

        linked = list(Profile.objects.values_list("company", flat=True))
        asked = self.chance.sample(linked, min(count, len(linked)))
        orders.order(asked, reason=OrderReason.AGE, now=timezone.now())

    def misbehave(self) -> None:
        if self.chance.random() < 0.5:
            fault = self.chance.choice(COUNTED + LASTING)
            self.box("add", fault)
            self.outcome.faults += 1
            if fault in LASTING:
                self.lifts.append((time.monotonic() + self.chance.uniform(0.2, 1.2), fault))

    def lift(self, now: float) -> None:
        for until, fault in [lift for lift in self.lifts if lift[0] <= now]:
            self.box("remove", fault)
            self.lifts.remove((until, fault))

    def happen(self) -> None:
        if self.chance.random() < 0.4:
            self.box("emit", self.chance.randint(1, 4))
        if self.chance.random() < 0.2:
            self.ask(self.chance.randint(1, 10))

    # ---- the calm

    def calm(self) -> None:
        """Creditsafe behaves; wait until nothing is left to do for a while."""
        from companies.models import Connection

        self.box("clear")
        self.outcome.halts = Connection.objects.filter(halted_at__isnull=False).update(halted_at=None)
        self.box("emit", 5)
        deadline, quiet = time.monotonic() + SETTLED, 0.0
        while time.monotonic() < deadline:
            busy = {name: count for name, count in self.left().items() if count}
            if not busy and quiet and time.monotonic() - quiet >= CALM:
                return
            quiet = 0.0 if busy else (quiet or time.monotonic())
            time.sleep(0.25)
        self.outcome.notes.append(f"not settled: {busy}")
        self.outcome.lost += sum(busy.values())

    def left(self) -> dict[str, int]:
        from companies.models import Change, Company, Job, Profile, ReportOrder
        from monitoring.models import Watch

        jobs = Job.objects.live().exclude(kind="poll")
        return {
            "jobs": jobs.count(),
            "links": Company.objects.to_link().count(),
            "orders": ReportOrder.objects.under_way().count(),
            "watches": Watch.objects.filter(state="queued").count(),
            "unwatched": Profile.objects.exclude(company__in=Watch.objects.values("company")).count(),
            "changes": Change.objects.count(),
            "events": len(self.missing()),
        }

    def missing(self) -> set[str]:
        """Events of our portfolio at the sandbox that we do not have."""
        from monitoring.models import Event, Portfolio

        ours = set(Portfolio.objects.values_list("provider_id", flat=True))
        told = {str(number) for number, portfolio in self.box("notifications") if portfolio in ours}
        return told - set(Event.objects.values_list("notification_id", flat=True))

    # ---- the reckoning

    def reckon(self) -> None:
        from companies.models import Connection, Profile, Report, ReportOrder
        from monitoring.models import Event

        ledger = ReportOrder.objects.values_list("company__profile__connect_id", "state", "cost", "lost", "report")
        known, cut, unreadable, refused = (Counter[str]() for _counter in range(4))
        for connect_id, state, cost, lost, report in ledger:
            known[connect_id] += cost
            cut[connect_id] += lost
            unreadable[connect_id] += cost if state == "failed" else 0
            refused[connect_id] += state == "failed" and not cost
            self.count("lost", state == "done" and report is None, f"{connect_id} is done without a report")
        billed = Counter[str](self.box("orders"))
        for connect_id, count in billed.items():
            extra = count - known[connect_id]
            self.outcome.extra += extra
            note = f"{connect_id}: {count} billed, {known[connect_id]} known, {cut[connect_id]} cut off"
            self.count("doubled", not 0 <= extra <= cut[connect_id], note)
        stored = set(Profile.objects.exclude(report=None).values_list("connect_id", flat=True))
        for connect_id in Profile.objects.exclude(connect_id__in=stored).values_list("connect_id", flat=True):
            note = f"{connect_id}: billed {billed[connect_id]}, cut {cut[connect_id]}, refused {refused[connect_id]}"
            self.count("lost", billed[connect_id] > unreadable[connect_id], f"{note}, and no report")
        most = self.outcome.kills * 2 * Connection.current().parallel_calls
        self.count("doubled", self.outcome.extra > most, f"{self.outcome.extra} extra, {most} were in flight at most")
        self.rebuild()
        found = self.outcome
        found.companies, found.reports, found.events = len(stored), Report.objects.count(), Event.objects.count()
        found.billed, found.cut, found.unreadable = billed.total(), cut.total(), unreadable.total()
        self.count("lost", found.companies < WATCHED_LEAST, "hardly anything happened")

    def count(self, what: str, is_so: bool, note: str) -> None:
        if is_so:
            setattr(self.outcome, what, getattr(self.outcome, what) + 1)
            self.outcome.notes.append(f"{what}: {note}")

    def rebuild(self) -> None:
        """Standings and sums as they were kept, against those from the facts alone."""
        from django.utils import timezone

        from monitoring.models import CellSummary, Standing
        from monitoring.services import standing

        kept, sums = rows(Standing, "restated_at"), rows(CellSummary, "id")
        now = timezone.now()
        CellSummary.objects.all().delete()
        Standing.objects.all().delete()
        standing.rebuild(now=now, as_of=timezone.localdate(now))
        for name, before, after in (
            ("standing", kept, rows(Standing, "restated_at")),
            ("sum", sums, rows(CellSummary, "id")),
        ):
            self.count("wrong", before != after, f"{name}: {sorted(before ^ after)[:4]}")


def rows(model: Any, but: str) -> set[tuple[str, ...]]:
    """All rows as texts; sums of nothing are left out, since a rebuild makes none."""
    names = [column.attname for column in model._meta.concrete_fields if column.name != but]
    found: Iterator[tuple[Any, ...]] = model.objects.values_list(*names)
    counts = names.index("companies") if "companies" in names else None
    return {tuple(map(str, one)) for one in found if counts is None or one[counts]}


COLUMNS = (
    *("seed", "lost", "doubled", "wrong", "kills", "faults", "companies", "reports", "billed", "extra", "cut"),
    *("unreadable", "events", "halts", "seconds"),
)


def row(outcome: Outcome) -> str:
    notes = "".join(f"\n    {note}" for note in outcome.notes)
    return "  ".join(f"{getattr(outcome, name)!s:>{len(name)}}" for name in COLUMNS) + notes


def table(outcomes: list[Outcome]) -> None:
    print("\n" + "  ".join(COLUMNS), *map(row, outcomes), sep="\n", file=sys.stderr)


if __name__ == "__main__":
    main()
