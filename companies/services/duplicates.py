"""Looking for companies of ours that are one entity, and remembering what people decided about them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import combinations, groupby, islice
from operator import itemgetter

from django.db import transaction
from django.db.models import OuterRef, Subquery

from companies.choices import PairState
from companies.models import Candidate, Company, DuplicatePair, Profile
from companies.rules.duplicates import facts_of, identifier_keys, judge, near_names
from companies.rules.matching import Clue, Match, Party
from companies.services.jobs import Tell
from companies.services.planning import chunks

SAME_PROFILE = "same_profile"
"""The clue that both want one Creditsafe profile, as it is stored with a pair."""
CROWD = 12  # companies that share one identifier: beyond, it is a default that somebody typed, and no pair is told
REMARKS = {Clue.CUT_NAME}  # said of one name, and nothing of the two
WANTED = 60  # a first candidate under this score is a guess
COMPARED = ("name_key", "country", "registration_number", "siret", "vat_number", "postal_code", "city")

Pair = tuple[int, int]


def look(progress: Tell, *, now: datetime) -> int:
    """Look at all companies again. Returns how many pairs wait for a decision.

    A pair that a person dismissed stays so while what both say of themselves stays the same.
    """
    wanted = _wanted_profiles()
    pairs = sorted({*_by_identifier(), *_by_name("postal_code", progress), *_by_name("city", progress), *wanted})
    found: set[Pair] = set()
    for number, chunk in enumerate(chunks(pairs, 500)):
        progress(number * 500, len(pairs))
        found |= _settle(chunk, wanted, now)
    _forget(found)
    progress(len(pairs), len(pairs))
    return DuplicatePair.objects.to_decide().count()


def dismiss(pair: int, *, user_id: int | None, now: datetime) -> bool:
    """Say that two are not the same. Returns False when the pair was decided meanwhile."""
    open_ = DuplicatePair.objects.filter(pk=pair, state=PairState.OPEN)
    return open_.update(state=PairState.DISMISSED, decided_at=now, decided_by=user_id) == 1


def reopen(pair: int) -> bool:
    """Take a dismissal back."""
    dismissed = DuplicatePair.objects.filter(pk=pair, state=PairState.DISMISSED)
    return dismissed.update(state=PairState.OPEN, decided_at=None, decided_by=None) == 1


def _by_identifier() -> Iterator[Pair]:
    holders: dict[str, list[int]] = defaultdict(list)
    columns = ("pk", "country", "registration_number", "siret", "vat_number", "lei")
    for pk, country, number, siret, vat, lei in Company.objects.order_by("pk").values_list(*columns).iterator():
        party = Party("", registration_number=number, vat_number=vat, country=str(country))
        for key in identifier_keys(party, siret) | ({f"LEI {lei}"} if lei else set()):
            holders[key].append(pk)
    for pks in holders.values():
        if 1 < len(pks) <= CROWD:
            yield from combinations(pks, 2)


def _by_name(place: str, progress: Tell) -> Iterator[Pair]:
    """Near names in one postcode; and in one town, where one of the two has no postcode."""
    rows = Company.objects.exclude(**{place: ""})
    if place == "city":
        towns = Company.objects.filter(postal_code="").exclude(city="").values("city")
        rows = rows.filter(city__in=towns)
    ordered = rows.order_by(place, "pk").values_list(place, "pk", "name_key").iterator()
    for _place, block in groupby(ordered, key=itemgetter(0)):
        progress(0, 1)
        named = [(pk, key) for _same, pk, key in block]
        for one, other in near_names([key for _pk, key in named]):
            yield named[one][0], named[other][0]


def _wanted_profiles() -> dict[Pair, str]:
    """Companies whose best candidate is the profile of another company of ours: their link was refused."""
    holder = Profile.objects.filter(connect_id=OuterRef("connect_id")).values("company")[:1]
    wanting = Candidate.objects.filter(rank=1, score__gte=WANTED, company__merged_into=None)
    rows = wanting.annotate(holder=Subquery(holder)).exclude(holder=None)
    found = rows.values_list("company", "holder", "connect_id")
    return {(min(one, other), max(one, other)): connect_id for one, other, connect_id in found if one != other}


def _settle(pairs: list[Pair], wanted: dict[Pair, str], now: datetime) -> set[Pair]:
    """Judge these pairs and store those that are worth a look. Returns them."""
    companies = Company.objects.in_bulk({pk for pair in pairs for pk in pair})
    known = {(one.a_id, one.b_id): one for one in DuplicatePair.objects.filter(a__in={a for a, _b in pairs})}
    found: set[Pair] = set()
    fresh, changed = [], []
    for pair in pairs:
        fresh_pair = _judged(pair, companies, wanted.get(pair, ""), now)
        if fresh_pair is None:
            continue
        found.add(pair)
        old = known.get(pair)
        if old is None:
            fresh.append(fresh_pair)
        elif _updated(old, fresh_pair):
            changed.append(old)
    with transaction.atomic():
        DuplicatePair.objects.bulk_create(fresh, ignore_conflicts=True)
        DuplicatePair.objects.bulk_update(
            changed, ["score", "evidence", "facts", "state", "found_at", "decided_at", "decided_by"]
        )
    return found


def _judged(pair: Pair, companies: dict[int, Company], connect_id: str, now: datetime) -> DuplicatePair | None:
    a, b = companies.get(pair[0]), companies.get(pair[1])
    if a is None or b is None:
        return None  # merged while we looked
    match = judge(_party(a), _party(b))
    if match is None and not connect_id:
        return None
    clues = [f"{SAME_PROFILE}:{connect_id}"] if connect_id else []
    clues += [f"{clue.code}:{clue.detail}" for clue in match.reasons if clue.code not in REMARKS] if match else []
    facts = facts_of(*([str(getattr(one, name)) for name in COMPARED] for one in (a, b)), [connect_id])
    score = max(_score(match), 90 if connect_id else 0)
    return DuplicatePair(a=a, b=b, score=score, evidence=_short(clues), facts=facts, found_at=now)


def _score(match: Match | None) -> int:
    return match.score if match else 0


def _short(clues: Iterable[str]) -> str:
    """As many whole clues as there is room for."""
    text = ""
    for clue in clues:
        longer = f"{text} · {clue}" if text else clue
        text = longer if len(longer) <= 400 else text
    return text


def _party(company: Company) -> Party:
    return Party(
        name=company.name,
        registration_number=company.registration_number or company.siret,
        vat_number=company.vat_number,
        street=company.street,
        postal_code=company.postal_code,
        city=company.city,
        country=str(company.country),
        phone=company.phone,
    )


def _updated(old: DuplicatePair, fresh: DuplicatePair) -> bool:
    """Bring a known pair up to date; one that was dismissed comes back only with other facts. False for no change."""
    if old.state == PairState.MERGED or (old.state == PairState.DISMISSED and old.facts == fresh.facts):
        return False
    if (old.state, old.facts, old.score, old.evidence) == (PairState.OPEN, fresh.facts, fresh.score, fresh.evidence):
        return False
    if old.state == PairState.DISMISSED:
        old.state, old.decided_at, old.decided_by, old.found_at = PairState.OPEN, None, None, fresh.found_at
    old.score, old.evidence, old.facts = fresh.score, fresh.evidence, fresh.facts
    return True


def _forget(found: set[Pair]) -> None:
    """Open pairs whose facts no longer say that they are one."""
    rows = DuplicatePair.objects.filter(state=PairState.OPEN).values_list("pk", "a", "b")
    gone = iter([pk for pk, a, b in rows if (a, b) not in found])
    while chunk := list(islice(gone, 500)):
        DuplicatePair.objects.filter(pk__in=chunk, state=PairState.OPEN).delete()
