"""Comparing two lists of facts: nothing against itself, and the same the other way round."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companies.rules.comparison import Change, Chapter, Fact, Kind, compare

SCORE, LIMIT = Fact("score", Chapter.SOLVENCY, 58), Fact("credit_limit", Chapter.SOLVENCY, Decimal(600), unit="EUR")
codes = st.sampled_from(["score", "judgment", "director", "turnover", "accounts", "event"])
values = st.one_of(st.integers(0, 3), st.sampled_from(["", "a", "b"]), st.decimals(0, 2, places=1))
withins = st.one_of(st.none(), st.just(("accounts", "2025")))
facts = st.lists(
    st.builds(
        Fact,
        codes,
        st.sampled_from(Chapter),
        values,
        key=st.sampled_from(["", "x", "2025"]),
        unit=st.sampled_from(["", "EUR"]),
        on=st.one_of(st.none(), st.dates()),
        within=withins,
    ),
    max_size=12,
)
chapters = st.frozensets(st.sampled_from(Chapter), max_size=3)


@given(facts, chapters)
def test_a_report_compared_with_itself_has_no_change(found, left_out):
    assert compare(found, found, left_out=left_out).changes == ()


@given(facts, facts, chapters)
def test_the_other_way_round_is_the_mirror(one, other, left_out):
    there, back = compare(one, other, left_out=left_out), compare(other, one, left_out=left_out)
    assert there.unchanged == back.unchanged
    assert {pair(change) for change in there.changes} == {pair(change.mirrored()) for change in back.changes}
    assert len(there.changes) == len(back.changes)


def pair(change: Change) -> tuple[int, int]:
    return id(change.before), id(change.after)


@given(facts, facts)
def test_every_fact_is_a_change_or_unchanged_unless_its_parent_is_missing(one, other):
    found = compare([fact for fact in one if not fact.within], [fact for fact in other if not fact.within])
    both = [fact for fact in one + other if not fact.within]
    told = sum((change.before is not None) + (change.after is not None) for change in found.changes)
    assert told + 2 * found.unchanged == len(both)


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [([SCORE], [], Kind.GONE), ([], [SCORE], Kind.NEW), ([SCORE], [Fact("score", Chapter.SOLVENCY, 44)], Kind.CHANGED)],
    ids=["gone", "new", "changed"],
)
def test_a_change_says_what_kind_it_is(before, after, kind):
    (change,) = compare(before, after).changes
    assert change.kind is kind


def test_another_currency_is_a_change():
    other = Fact("credit_limit", Chapter.SOLVENCY, Decimal(600), unit="GBP")
    assert len(compare([LIMIT], [other]).changes) == 1


def test_namesakes_are_counted_apart():
    twice = [Fact("director", Chapter.DIRECTORS, "Gérant", key="m x")] * 2
    assert compare(twice, twice[:1]).unchanged == 1
    assert len(compare(twice, twice[:1]).changes) == 1


def test_figures_of_a_new_year_are_not_changes_of_their_own():
    year = Fact("accounts", Chapter.ACCOUNTS, date(2025, 12, 31), key="2025")
    turnover = Fact("turnover", Chapter.ACCOUNTS, Decimal(5), key="2025", within=("accounts", "2025"))
    assert [change.code for change in compare([], [year, turnover]).changes] == ["accounts"]
    restated = Fact("turnover", Chapter.ACCOUNTS, Decimal(6), key="2025", within=("accounts", "2025"))
    assert [change.code for change in compare([year, turnover], [year, restated]).changes] == ["turnover"]


def test_a_chapter_that_could_not_be_produced_is_left_out():
    found = compare([SCORE, LIMIT], [], left_out={Chapter.SOLVENCY})
    assert (found.changes, found.unchanged, found.left_out) == ((), 0, {Chapter.SOLVENCY})


def test_the_chapter_with_the_gravest_change_comes_first_and_in_it_the_gravest_change():
    address = Fact("address", Chapter.IDENTITY, "1 rue X")
    event = Fact("event", Chapter.JUDGMENTS, "noise", key="e")
    old, new = (Fact("judgment", Chapter.JUDGMENTS, "RJ", key=str(year), on=date(year, 1, 1)) for year in (2020, 2026))
    ordered = compare([], [address, event, old, new]).by_chapter()
    assert [chapter for chapter, _changes in ordered] == [Chapter.JUDGMENTS, Chapter.IDENTITY]
    assert [change.fact.key for change in ordered[0][1]] == ["2026", "2020", "e"]


def test_a_change_of_nothing_is_refused():
    with pytest.raises(ValueError, match="nothing"):
        _ = Change(None, None).fact
