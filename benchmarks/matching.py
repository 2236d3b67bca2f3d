"""How well dirty partners are linked by themselves, and how well the review queue is led, where the truth is known.

A directory is invented (groups, homonyms, sisters, predecessors, branches, six countries), then partners are drawn
from it and dirtied as ERPs do, beside others that it lacks. Each goes through `companies.services.matching`, as the
link job does it, with a stand-in for the client's `search` that answers from memory as the sandbox does. A part of them
goes through the whole job once more, over HTTP against the sandbox with the same directory: both must decide the same.

`precision`: automatic links that are right. `recall`: partners of the directory that were linked rightly, or whose
review shows the right company first. `absent`: companies that the directory lacks and that were linked. The plain
approach of the same run links by exact identifier, else by the best WRatio of the names, measured on a sample.
"""

import argparse
import os
import secrets
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rapidfuzz import fuzz, process

from benchmarks import Figure, tell
from benchmarks._dirt import Ledger, Partner
from benchmarks._registry import Memory, Registry, fill
from companies.creditsafe.sandbox import Sandbox
from companies.creditsafe.sandbox.directory import plain

PRECISION, RECALL, ABSENT = 0.998, 0.97, 0
LEAST_COMPANIES = 32_000
FIELDS = ("name", "country", "registration_number", "siret", "vat_number", "street", "postal_code", "city", "phone")
PLAIN_SAMPLE = 600
HTTP_SAMPLE = 200


@dataclass(frozen=True)
class Outcome:
    """What became of a partner: `chosen` is the connectId of the best candidate."""

    partner: Partner
    verdict: str
    chosen: str

    @property
    def is_right(self) -> bool:
        return self.chosen in self.partner.truth

    @property
    def is_found(self) -> bool:
        return self.is_right and self.verdict != "none"


def main() -> None:
    arguments = parse()
    with tempfile.TemporaryDirectory(prefix="riskportal-matching-") as folder:
        start_django(Path(folder))
        registry = Registry(max(LEAST_COMPANIES, arguments.partners * 3 // 2), arguments.seed)
        partners = list(Ledger(registry, seed=arguments.seed, dirt=arguments.dirt).partners(arguments.partners))
        memory = Memory(registry.companies)
        start = perf_counter()
        outcomes = [outcome(partner, memory) for partner in partners]
        spent = perf_counter() - start
        explain(outcomes, arguments.verbose)
        figures = [*figures_of(outcomes), *effort(memory.calls, spent, len(partners))]
        figures += plain_figures(partners, registry, arguments.seed)
        figures += over_http(registry, outcomes)
    tell(figures)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--partners", type=int, default=20_000)
    parser.add_argument("--dirt", type=float, default=1.0, help="how much worse, or better, than usual")
    parser.add_argument("--verbose", action="store_true", help="each wrong link, and some of the misses")
    return parser.parse_args()


def start_django(folder: Path) -> None:
    os.environ |= {
        "VAR_DIR": str(folder),
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DJANGO_SETTINGS_MODULE": "riskportal.settings",
        "LOG_LEVEL": "ERROR",
        "DEMO": "true",
    }
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def outcome(partner: Partner, client: Any) -> Outcome:
    """The decision of the link job, without its database."""
    from companies.models import Company
    from companies.services import matching

    company = Company(**{name: getattr(partner, name) for name in FIELDS})
    found = matching.hunt(company, client=client)
    return Outcome(partner, matching.judge(found), found[0].hit.connect_id if found else "")


def figures_of(outcomes: list[Outcome]) -> Iterator[Figure]:
    linked = [one for one in outcomes if one.verdict == "auto"]
    present = [one for one in outcomes if one.partner.truth]
    found = sum(one.is_found for one in present)
    lost = sum(not one.partner.truth for one in linked)
    yield Figure("precision", ratio(sum(one.is_right for one in linked), len(linked)), "", PRECISION, at_least=True)
    yield Figure("recall", ratio(found, len(present)), "", RECALL, at_least=True)
    yield Figure("absent", lost, "linked", ABSENT)
    by_itself = sum(one.is_right for one in linked)
    print(f"# {len(present)} in the directory: {ratio(by_itself, len(present)):.2%} linked by themselves; ", end="")
    reviewed = [one for one in outcomes if one.verdict == "review"]
    print(
        f"{len(reviewed)} of {len(outcomes)} to review, {sum(not one.partner.truth for one in reviewed)} of them absent"
    )


def effort(calls: int, spent: float, partners: int) -> Iterator[Figure]:
    yield Figure("seconds per 1000 partners", spent * 1000 / partners, "s", 60)
    yield Figure("calls per 1000 partners", calls * 1000 / partners, "calls", 6000)


def plain_figures(partners: list[Partner], registry: Registry, seed: int) -> Iterator[Figure]:
    """What the plain approach reaches: it links whatever is best."""
    sample = Random(seed).sample(partners, min(PLAIN_SAMPLE, len(partners)))
    numbers = {plain(one.number): one.connect_id for one in registry.companies}
    numbers |= {one.vat: one.connect_id for one in registry.companies}
    names = [one.registered_name.upper() for one in registry.companies]
    linked = [(one, plainly(one, numbers, names, registry)) for one in sample]
    right = sum(found in one.truth for one, found in linked)
    present = sum(bool(one.truth) for one in sample)
    yield Figure("plain precision", ratio(right, len(linked)), "", 0, at_least=True)
    yield Figure("plain recall", ratio(right, present), "", 0, at_least=True)


def plainly(partner: Partner, numbers: dict[str, str], names: list[str], registry: Registry) -> str:
    for number in (partner.registration_number, partner.siret[:9], partner.vat_number):
        if plain(number) in numbers:
            return numbers[plain(number)]
    _name, _score, place = process.extractOne(partner.name.upper(), names, scorer=fuzz.WRatio)
    return registry.companies[place].connect_id


def over_http(registry: Registry, outcomes: list[Outcome]) -> Iterator[Figure]:
    """The link job itself, over HTTP: how many of its decisions are others than those from memory."""
    from django.utils import timezone

    from companies.models import Company, Connection
    from companies.services import matching

    chosen = list(distinct(outcomes))[:HTTP_SAMPLE]
    with Sandbox(companies=0) as box:
        fill(box._world.directory, registry.companies)
        Connection(base_url=box.url, username="demo", password="sandbox", calls_per_minute=10_000_000).save()
        rows = [Company.objects.create(**{name: getattr(one.partner, name) for name in FIELDS}) for one in chosen]
        matching.work(lambda done, total: None, clock=timezone.now)
    states = Counter(state_of(Company.objects.get(pk=row.pk), one) for row, one in zip(rows, chosen, strict=True))
    print(f"# over HTTP: {dict(states)}")
    yield Figure(f"decided otherwise over HTTP, of {len(chosen)}", states["otherwise"], "partners", 0)


def distinct(outcomes: list[Outcome]) -> Iterator[Outcome]:
    """Partners that are no duplicates of each other: the job would leave the second to a person."""
    seen: set[str] = set()
    for one in outcomes:
        keys = {one.chosen, one.partner.registration_number, *one.partner.truth} - {""}
        if not keys & seen:
            seen |= keys
            yield one


def state_of(company: Any, expected: Outcome) -> str:
    """The state that the job left, or that it decided otherwise."""
    states = {"auto": "linked", "review": "review", "none": "absent"}
    same = states[expected.verdict] == company.link_state
    if company.link_state == "linked":
        same = same and company.profile.connect_id == expected.chosen
    return str(company.link_state) if same else "otherwise"


def explain(outcomes: list[Outcome], verbose: bool) -> None:
    """Where it goes wrong, by the kind of the fault."""
    if not verbose:
        return
    for one in outcomes:
        if one.verdict == "auto" and not one.is_right:
            print("WRONG", one)
    missed = [one for one in outcomes if one.partner.truth and not one.is_found]
    for one in missed[:: max(1, len(missed) // 60)]:
        print("MISSED", one)
    kinds = Counter(one.partner.kind for one in outcomes)
    for kind, count in kinds.most_common():
        mine = [one for one in outcomes if one.partner.kind == kind]
        shares = {word: ratio(sum(one.verdict == word for one in mine), count) for word in ("auto", "review", "none")}
        print(f"{kind:28}{count:6} found {ratio(sum(one.is_found for one in mine), count):7.2%}", shares)


def ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


if __name__ == "__main__":
    main()
