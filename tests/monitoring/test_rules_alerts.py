from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.choices import AlertKind, Severity
from monitoring.rules.alerts import LimitState, breaches, classify_event, needs_report


def kind_of(code, country, name=""):
    return classify_event(code, country, name)[0]


def severity_of(code, old, new, name=""):
    return classify_event(code, "FR", name, old=old, new=new)[1]


@pytest.mark.parametrize(
    ("code", "country", "name", "kind"),
    [
        pytest.param(101, "XX", "", AlertKind.RATING, id="global rule"),
        pytest.param(101, "FR", "", AlertKind.RATING, id="global rule under the company's country"),
        pytest.param(102, "de", "", AlertKind.LIMIT, id="country in small letters"),
        pytest.param(104, "FR", "Company name", AlertKind.IDENTITY, id="name"),
        pytest.param(105, "FR", "Address", AlertKind.IDENTITY, id="address"),
        pytest.param(107, "FR", "Directors", AlertKind.DIRECTORS, id="directors"),
        pytest.param(302, "FR", "", AlertKind.STATUS, id="French status group"),
        pytest.param(802, "FR", "", AlertKind.ACCOUNTS, id="802 in France"),
        pytest.param(802, "FI", "", AlertKind.OTHER, id="802 in Finland"),
        pytest.param(802, "FR", "Nouveau privilège URSSAF", AlertKind.PRIVILEGE, id="words go before a presumed code"),
        pytest.param(1404, "IT", "Protesti", AlertKind.JUDGMENT, id="Italian protest"),
        pytest.param(9999, "FR", "Something new", AlertKind.OTHER, id="unknown code, unknown words"),
        pytest.param(None, "FR", "", AlertKind.OTHER, id="no code"),
    ],
)
def test_kind_by_code_and_country(code, country, name, kind):
    assert kind_of(code, country, name) == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("International Rating | Reduce by {0} Band(s) OR Less than Band {1}", AlertKind.RATING),
        ("Changement de notation", AlertKind.RATING),
        ("Credit Limit | Reduce by {1}%", AlertKind.LIMIT),
        ("Limite de crédit", AlertKind.LIMIT),
        ("Statut de l'entreprise", AlertKind.STATUS),
        ("Procédure collective", AlertKind.JUDGMENT),
        ("Redressement judiciaire", AlertKind.JUDGMENT),
        ("New CCJ registered", AlertKind.JUDGMENT),
        ("Inscription de privilège", AlertKind.PRIVILEGE),
        ("Changement de dirigeant", AlertKind.DIRECTORS),
        ("Conseil d'administration", AlertKind.OTHER),
        ("Dépôt des comptes annuels", AlertKind.ACCOUNTS),
        ("New accounts filed", AlertKind.ACCOUNTS),
        ("Raison sociale", AlertKind.IDENTITY),
        ("Client", AlertKind.OTHER),
    ],
)
def test_an_unknown_code_is_read_by_its_words(name, kind):
    assert kind_of(424242, "FR", name) == kind


def test_an_event_that_nothing_explains_is_of_low_urgency():
    assert classify_event(9999, "FR", "") == (AlertKind.OTHER, Severity.LOW)


@pytest.mark.parametrize(
    ("old", "new", "severity"),
    [
        pytest.param("A", "B", Severity.HIGH, id="one band down"),
        pytest.param("A", "C", Severity.CRITICAL, id="two bands down"),
        pytest.param("C", "D", Severity.CRITICAL, id="into the last band"),
        pytest.param("B", "E", Severity.HIGH, id="no score any more"),
        pytest.param("C", "B", Severity.LOW, id="one band up"),
        pytest.param("E", "A", Severity.LOW, id="rated at last"),
        pytest.param("A - Very low risk", "B - Low risk", Severity.HIGH, id="letters with words"),
        pytest.param("58", "57", Severity.HIGH, id="a point down"),
        pytest.param("58", "39", Severity.HIGH, id="19 points down"),
        pytest.param("58", "38", Severity.CRITICAL, id="20 points down"),
        pytest.param("31", "29", Severity.CRITICAL, id="into the weak column"),
        pytest.param("29", "28", Severity.HIGH, id="weak already"),
        pytest.param("29", "70", Severity.LOW, id="up"),
        pytest.param("58", "Not Rated", Severity.HIGH, id="rating lost"),
        pytest.param(None, "58", Severity.MEDIUM, id="first score"),
        pytest.param(None, None, Severity.MEDIUM, id="values unknown"),
    ],
)
def test_severity_of_a_rating(old, new, severity):
    assert severity_of(101, old, new) == severity


@pytest.mark.parametrize(
    ("old", "new", "severity"),
    [
        pytest.param("15000", "0", Severity.CRITICAL, id="cut to nothing"),
        pytest.param("15000", "0 EUR", Severity.CRITICAL, id="cut to nothing, with currency"),
        pytest.param(None, "0", Severity.CRITICAL, id="nothing from the start"),
        pytest.param("0", "0", Severity.LOW, id="nothing before and after"),
        pytest.param("15 000,50 €", "15 000 €", Severity.HIGH, id="a little less"),
        pytest.param("15,000", "150,000", Severity.LOW, id="more"),
        pytest.param("15000", "No limit", Severity.HIGH, id="withdrawn"),
        pytest.param("No limit", "15000", Severity.MEDIUM, id="a first limit"),
    ],
)
def test_severity_of_a_limit(old, new, severity):
    assert severity_of(102, old, new) == severity


@pytest.mark.parametrize(
    ("code", "name", "old", "new", "severity"),
    [
        pytest.param(302, "", "Active", "Radiée", Severity.CRITICAL, id="struck off"),
        pytest.param(302, "", "Active", "NonActive", Severity.CRITICAL, id="not active"),
        pytest.param(302, "", "NonActive", "Active", Severity.LOW, id="active again"),
        pytest.param(302, "", "Active", "Pending", Severity.MEDIUM, id="pending"),
        pytest.param(1, "Jugement", None, "Liquidation judiciaire", Severity.CRITICAL, id="liquidation"),
        pytest.param(1, "Redressement judiciaire", None, None, Severity.CRITICAL, id="redressement named by the rule"),
        pytest.param(1, "Jugement", None, "2", Severity.HIGH, id="another judgment"),
        pytest.param(1, "Privilège", "0", "1", Severity.HIGH, id="privilege registered"),
        pytest.param(1, "Privilège", "2", "1", Severity.LOW, id="privilege released"),
        pytest.param(107, "", None, None, Severity.MEDIUM, id="directors"),
        pytest.param(105, "", "1 rue A", "2 rue B", Severity.LOW, id="address"),
    ],
)
def test_severity_of_other_kinds(code, name, old, new, severity):
    assert severity_of(code, old, new, name) == severity


@given(st.none() | st.integers(), st.text(max_size=3), st.text(), st.none() | st.text(), st.none() | st.text())
def test_any_event_has_a_kind_and_a_severity(code, country, name, old, new):
    kind, severity = classify_event(code, country, name, old=old, new=new)
    assert kind in AlertKind
    assert severity in Severity


def state(exposure, limit):
    return LimitState(*(None if value is None else Decimal(value) for value in (exposure, limit)))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(state(900, 1000), state(1001, 1000), [AlertKind.OVER_LIMIT], id="crossed"),
        pytest.param(state(900, 1000), state(1000, 1000), [], id="exactly at the limit"),
        pytest.param(state(1100, 1000), state(1200, 1000), [], id="over already"),
        pytest.param(state(900, 1000), state(900, 800), [AlertKind.OVER_LIMIT], id="limit lowered"),
        pytest.param(state(1, None), state(1, 0), [AlertKind.OVER_LIMIT], id="limit of 0"),
        pytest.param(None, state(2, 1), [AlertKind.OVER_LIMIT], id="newly known"),
        pytest.param(state(1100, 1000), state(1100, None), [], id="limit unknown"),
        pytest.param(state(0, 0), state(None, 0), [], id="exposure unknown"),
        pytest.param(state(-10, 0), state(-5, 0), [], id="credit balance"),
    ],
)
def test_breaches(before, after, expected):
    assert list(breaches(before, after)) == expected


def test_only_events_that_change_figures_need_a_report():
    needed = {kind for kind in AlertKind if needs_report(kind)}
    figures = {AlertKind.RATING, AlertKind.LIMIT, AlertKind.STATUS, AlertKind.JUDGMENT, AlertKind.PRIVILEGE}
    assert needed == figures | {AlertKind.ACCOUNTS}
