from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companies.rules.groups import (
    Figures,
    LimitBasis,
    LimitScope,
    distressed,
    group_figures,
    limit_basis,
    sums_by_group,
    ultimate_parents,
)

D = Decimal
FAMILY = {1: None, 2: 1, 3: 1, 4: 2, 9: None}


def test_a_group_is_its_ultimate_parent():
    assert ultimate_parents(FAMILY).heads == {1: 1, 2: 1, 3: 1, 4: 1, 9: 9}, "domain 5.15"


def test_a_parent_that_we_do_not_know_still_heads_its_children():
    assert ultimate_parents({2: 7, 3: 7}).heads == {2: 7, 3: 7}


def test_members_are_listed_by_head():
    assert ultimate_parents(FAMILY).members() == {1: (1, 2, 3, 4), 9: (9,)}


@pytest.mark.parametrize(
    ("parents", "heads", "loops"),
    [
        pytest.param({1: 2, 2: 1}, {1: 1, 2: 1}, [{1, 2}], id="two"),
        pytest.param({5: 4, 4: 3, 3: 2, 2: 3}, {5: 2, 4: 2, 3: 2, 2: 2}, [{2, 3}], id="children below a loop"),
        pytest.param(
            {1: 2, 2: 3, 3: 1, 8: 9, 9: 8}, {1: 1, 2: 1, 3: 1, 8: 8, 9: 8}, [{1, 2, 3}, {8, 9}], id="two loops"
        ),
        pytest.param({1: 1, 2: 1}, {1: 1, 2: 1}, [], id="its own parent"),
    ],
)
def test_loops_do_not_hang_and_are_reported(parents, heads, loops):
    found = ultimate_parents(parents)
    assert (found.heads, list(found.loops)) == (heads, loops), "domain 5.15"


def test_a_chain_of_a_hundred_thousand_companies_is_climbed_once():
    found = ultimate_parents({company: company - 1 for company in range(100_000, 0, -1)})
    assert set(found.heads.values()) == {0}


def test_figures_of_a_group_add_up():
    found = group_figures([Figures(D(40), D(10), D(50), D(5)), Figures(D(20), D(0), D(0), D(25))])
    assert (found.companies, found.exposure, found.cover, found.approved, found.payables) == (2, 60, 10, 50, 30)
    assert found.net_position == 30, "domain 3, idea 12"


def test_what_is_unknown_in_a_group_is_counted_and_never_0():
    found = group_figures([Figures(exposure=D(40)), Figures()])
    assert (found.exposure, found.cover) == (40, None)
    assert found.unknown == {"exposure": 1, "cover": 2, "approved": 2, "payables": 2}


@pytest.mark.parametrize(
    "figures",
    [
        pytest.param([Figures(exposure=D(40))], id="payables unknown"),
        pytest.param([Figures(D(40), payables=D(5)), Figures(D(1))], id="payables of one unknown"),
        pytest.param([Figures(D(40), payables=D(5)), Figures(payables=D(1))], id="exposure of one unknown"),
    ],
)
def test_a_net_position_with_an_unknown_part_is_unknown(figures):
    assert group_figures(figures).net_position is None


def test_sums_are_by_group_and_a_stranger_counts_for_itself():
    figures = {1: Figures(D(10)), 4: Figures(D(5)), 9: Figures(D(7)), 77: Figures(D(1))}
    found = sums_by_group(figures, ultimate_parents(FAMILY))
    assert {head: group.exposure for head, group in found.items()} == {1: 15, 9: 7, 77: 1}


@pytest.mark.parametrize(
    ("parents", "failed", "expected"),
    [
        pytest.param(FAMILY, {1}, {2: 1, 3: 1, 4: 1}, id="domain 5.15: children and their children"),
        pytest.param(FAMILY, {1, 2}, {2: 1, 3: 1, 4: 2}, id="the nearest"),
        pytest.param(FAMILY, {4}, {}, id="a child does not touch its parent"),
        pytest.param({2: 7, 3: 2}, {7}, {2: 7, 3: 7}, id="a parent that we do not follow"),
        pytest.param({1: 2, 2: 3, 3: 1}, {2}, {1: 2, 3: 2}, id="a loop"),
        pytest.param({2: 1, 1: 3, 3: 2, 5: 3}, {1}, {2: 1, 3: 1, 5: 1}, id="a loop entered elsewhere"),
        pytest.param({1: 2, 2: 1}, {1, 2}, {1: 2, 2: 1}, id="a loop in which all failed"),
        pytest.param({1: 1}, {1}, {}, id="its own parent"),
        pytest.param(FAMILY, set(), {}, id="nobody"),
    ],
)
def test_a_parent_in_proceedings_distresses_those_below_it(parents, failed, expected):
    assert distressed(parents, failed) == expected


@pytest.mark.parametrize(
    ("scope", "exposures", "limits"),
    [
        pytest.param(LimitScope.OWN, (4,), (4,), id="own"),
        pytest.param(LimitScope.PARENT, (1, 2, 3, 4), (1,), id="the limit of the parent covers the children"),
        pytest.param(LimitScope.GROUP, (1, 2, 3, 4), (1, 2, 3, 4), id="all limits of the group"),
    ],
)
def test_a_policy_says_whose_limit_is_tested(scope, exposures, limits):
    assert limit_basis(4, ultimate_parents(FAMILY), scope) == LimitBasis(exposures, limits)


def test_a_stranger_is_tested_alone():
    assert limit_basis(77, ultimate_parents(FAMILY), LimitScope.GROUP) == LimitBasis((77,), (77,))


companies = st.integers(0, 15)
families = st.dictionaries(companies, st.none() | companies)


@given(families)
def test_every_company_shares_the_group_of_its_parent(parents):
    heads = ultimate_parents(parents).heads
    assert heads.keys() == parents.keys()
    assert all(heads.get(parent, parent) == heads[company] for company, parent in parents.items() if parent is not None)


@given(families, st.dictionaries(companies, st.integers(-1000, 1000)))
def test_groups_neither_lose_nor_invent_money(parents, amounts):
    figures = {company: Figures(exposure=D(amount)) for company, amount in amounts.items()}
    sums = sums_by_group(figures, ultimate_parents(parents))
    assert sum(group.exposure for group in sums.values()) == sum(amounts.values())


@given(families, st.sets(companies))
def test_distress_is_found_by_climbing_one_step_at_a_time(parents, failed):
    expected = {}
    for company in parents:
        here = company
        for _ in range(20):
            here = parents.get(here)
            if here is None or here == company:
                break
            if here in failed:
                expected[company] = here
                break
    assert distressed(parents, failed) == expected
