from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone, translation

from companies.choices import Rating, Role
from companies.templatetags import risk
from monitoring.choices import Cell, Severity


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def drawn(source: str, **values: object) -> str:
    return Template("{% load risk %}" + source).render(Context(values)).replace("\u202f", " ").strip()


@pytest.mark.parametrize("letter", Rating.values)
def test_a_rated_company_shows_its_letter_and_its_meaning(letter):
    box = drawn("{% rating_box letter 'rated' %}", letter=letter)
    assert f">{letter}<" in box
    assert f'title="{Rating(letter).label}"' in box


@pytest.mark.parametrize(
    ("letter", "state", "shown"),
    [
        ("E", "not_rated", "NR"),
        ("", "not_rated", "NR"),
        ("D", "failed", "F"),
        ("", "unknown", "–"),
        ("", "rated", "–"),
        (None, "unknown", "–"),
    ],
)
def test_a_company_without_a_usable_rating_shows_why_and_no_letter(letter, state, shown):
    assert f">{shown}<" in drawn("{% rating_box letter state %}", letter=letter, state=state)


def test_not_rated_is_not_drawn_in_the_colour_of_a_bad_rating():
    assert "rating-none" in drawn("{% rating_box 'E' 'not_rated' %}")


def test_a_score_bar_puts_its_marker_at_the_score():
    bar = drawn("{% score_bar 42 'rated' %}")
    assert ">42<" in bar
    assert 'x="40" width="4"' in bar


@pytest.mark.parametrize(("score", "state"), [(None, "not_rated"), (0, "not_rated"), (0, "unknown"), (None, "rated")])
def test_a_missing_score_is_drawn_as_missing_and_not_as_0(score, state):
    bar = drawn("{% score_bar score state %}", score=score, state=state)
    assert "score-unknown" in bar
    assert ">0<" not in bar


def test_a_score_of_0_is_a_score():
    assert ">0<" in drawn("{% score_bar 0 'failed' %}")


@pytest.mark.parametrize(
    ("ratio", "level", "said"),
    [("0.5", "in", "50%"), ("0.8", "near", "80%"), ("1", "near", "100%"), ("1.23", "over", "123%")],
)
def test_a_use_bar_says_when_the_limit_is_near_or_passed(ratio, level, said):
    bar = drawn("{% use_bar ratio %}", ratio=Decimal(ratio))
    assert f"use-{level}" in bar
    assert f">{said}<" in bar


def test_the_use_of_no_limit_is_not_applicable():
    assert ">n/a<" in drawn("{% use_bar ratio %}", ratio=None)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ amount|money }}", "1 234 568"),
        ("{{ amount|money:2 }}", "1 234 567.50"),
        ("{{ amount|short_money }}", "1.2 M€"),
        ("{{ nothing|money }}", "—"),
        ("{{ nothing|percent }}", "n/a"),
        ("{{ count|money }}", "1 200"),
        ("{% currency %}", "EUR"),
    ],
)
def test_figures_are_formatted(source, said):
    assert drawn(source, amount=Decimal("1234567.5"), nothing=None, count=1200) == said


def test_figures_follow_the_active_language():
    with translation.override("fr"):
        assert drawn("{{ amount|money:2 }}", amount=Decimal("1234.5")) == "1 234,50"


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(seconds=2), "just now"),
        (timedelta(hours=3), "3 hours ago"),
        (timedelta(days=40), "1 month ago"),
    ],
)
def test_a_moment_is_relative_and_exact_on_hover(ago, said):
    moment = timezone.now() - ago
    time = drawn("{% when moment %}", moment=moment)
    assert f">{said}<" in time
    assert f'title="{timezone.localtime(moment):%B} ' in time


@pytest.mark.parametrize(("days", "said"), [(0, "today"), (-1, "yesterday"), (1, "tomorrow"), (-4, "4 days ago")])
def test_a_day_is_told_by_its_name_when_near(days, said):
    day = timezone.localdate() + timedelta(days=days)
    assert f">{said}<" in drawn("{% when day %}", day=day)


def test_a_moment_that_never_came_is_a_dash():
    assert ">—<" in drawn("{% when moment %}", moment=None)


@pytest.mark.parametrize("key", risk.DEFINITIONS)
def test_a_definition_can_be_reached_by_keyboard_and_is_read_out(key):
    mark = drawn("{% definition key %}", key=key)
    assert mark.startswith('<button type="button"')
    assert 'aria-label="' in mark


def test_roles_are_shown_in_words():
    badges = drawn("{% role_badges standing %}", standing=SimpleNamespace(roles=[Role.CLIENT, Role.SUPPLIER]))
    assert "Client<" in badges
    assert "Supplier<" in badges


def test_the_vocabulary_of_looks_is_the_vocabulary_of_the_choices():
    assert {code: str(look.label) for code, look in risk.CELLS.items()} == dict(Cell.choices)
    assert {value: str(look.label) for value, look in risk.SEVERITIES.items()} == dict(Severity.choices)
    assert set(risk.ROLES) == set(Role)


@pytest.mark.parametrize("code", Cell.values)
def test_a_cell_badge_uses_the_words_of_the_policy_when_the_page_has_them(code):
    assert "Our words" in drawn("{% cell_badge code %}", code=code, cell_labels={code: "Our words"})


def test_a_cell_badge_without_a_policy_says_where_the_cell_is():
    assert "High limit · weak</span>" in drawn("{% cell_badge 'HIGH-DEF' %}")


@pytest.mark.parametrize("value", Severity.values)
def test_a_severity_has_an_icon_and_a_word(value):
    mark = drawn("{% severity value %}", value=value)
    assert "<svg" in mark
    assert str(Severity(value).label) in mark


def test_a_country_says_its_name_on_hover():
    assert drawn("{% country 'FR' %}") == '<abbr class="country" title="France">FR</abbr>'
    assert drawn("{% country '' %}") == "—"


def test_words_from_outside_are_escaped():
    label = '<script>alert("x")</script>'
    assert "<script>" not in drawn("{% cell_badge 'NR' %}", cell_labels={"NR": label})


@pytest.mark.parametrize(
    ("source", "query"),
    [
        ("{% qs role='client' %}", "?cell=NR&amp;role=client"),
        ("{% qs cell=None %}", "?"),
        ("{% qs page=2 %}", "?cell=NR&amp;page=2"),
    ],
    ids=["a filter goes back to the first page", "None removes", "another page"],
)
def test_the_query_string_changes_only_what_is_named(source, query):
    request = RequestFactory().get("/portfolio/?cell=NR&page=7")
    assert drawn(source, request=request) == query
