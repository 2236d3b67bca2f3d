"""When two spellings are the same, and what becomes of a value that another source gives."""

import pytest

from companies.choices import FieldChoice, Origin
from companies.rules.completion import Sameness, Verdict, marked, same, verdict

ERP, CREDITSAFE, USER = Origin.ERP, Origin.CREDITSAFE, Origin.USER


@pytest.mark.parametrize(
    ("field", "ours", "theirs", "rule"),
    [
        pytest.param("city", "Lille", "Lille", Sameness.EQUAL, id="equal"),
        pytest.param("city", "Saint-Étienne", "SAINT ETIENNE", Sameness.SPELLING, id="case, accent, hyphen"),
        pytest.param("city", "St-Étienne", "SAINT ETIENNE", Sameness.CITY, id="saint"),
        pytest.param("city", "Lille", "LILLE CEDEX 9", Sameness.CITY, id="cedex"),
        pytest.param("city", "Lille", "Roubaix", None, id="another city"),
        pytest.param("name", "SARL Dupont", "DUPONT", Sameness.NAME, id="legal form before"),
        pytest.param("name", "Dupont S.A.R.L.", "Dupont SAS", Sameness.NAME, id="another legal form"),
        pytest.param("name", "Dupont", "Dupont Développement", None, id="another name"),
        pytest.param("street", "12 av. Foch", "12 AVENUE FOCH", Sameness.STREET, id="avenue"),
        pytest.param("street", "12 bis rue Foch", "12BIS RUE FOCH", Sameness.STREET, id="bis"),
        pytest.param("street", "12 rue Foch", "14 rue Foch", None, id="another number"),
        pytest.param("phone", "03 20 11 22 33", "+33 (0)3.20.11.22.33", Sameness.PHONE, id="prefix"),
        pytest.param("phone", "0320112233", "0320112234", None, id="another phone"),
        pytest.param("website", "https://www.Dupont.fr/", "dupont.fr", Sameness.WEBSITE, id="scheme and www"),
        pytest.param("activity_code", "25.11Z", "2511Z", Sameness.NUMBER, id="dot in a code"),
        pytest.param("siret", "732 829 320 00074", "73282932000074", Sameness.NUMBER, id="blanks in a number"),
        pytest.param("legal_form", "SAS", "Société par actions simplifiée", Sameness.LEGAL_FORM, id="form in full"),
        pytest.param("legal_form", "SAS", "SARL", None, id="another form"),
        pytest.param("phone", "", "0320112233", None, id="ours empty"),
        pytest.param("phone", "—", "…", None, id="no letter in either"),
    ],
)
def test_what_is_noise_and_what_is_a_difference(field: str, ours: str, theirs: str, rule: Sameness | None) -> None:
    assert same(field, ours, theirs) == rule
    assert same(field, theirs, ours) == rule


@pytest.mark.parametrize(
    ("ours", "theirs", "held", "says", "choice", "pinned", "what"),
    [
        pytest.param("", "1", ERP, CREDITSAFE, None, False, Verdict.FILL, id="a gap"),
        pytest.param("", "1", USER, CREDITSAFE, None, False, Verdict.DIFFERS, id="emptied by a user"),
        pytest.param("2", "1", ERP, CREDITSAFE, None, False, Verdict.DIFFERS, id="of a file"),
        pytest.param("2", "1", USER, CREDITSAFE, None, False, Verdict.DIFFERS, id="typed"),
        pytest.param("2", "1", CREDITSAFE, CREDITSAFE, None, False, Verdict.TAKE, id="its own"),
        pytest.param("2", "", CREDITSAFE, CREDITSAFE, None, False, Verdict.NOTHING, id="says nothing"),
        pytest.param("2", "2", USER, CREDITSAFE, FieldChoice.TAKE, True, Verdict.NOTHING, id="the same"),
        pytest.param("2", "1", ERP, CREDITSAFE, FieldChoice.TAKE, False, Verdict.TAKE, id="rule for all"),
        pytest.param("2", "1", USER, CREDITSAFE, FieldChoice.TAKE, False, Verdict.DIFFERS, id="rule for all, typed"),
        pytest.param("2", "1", USER, CREDITSAFE, FieldChoice.TAKE, True, Verdict.TAKE, id="pinned, typed"),
        pytest.param("2", "1", CREDITSAFE, CREDITSAFE, FieldChoice.KEEP, True, Verdict.NOTHING, id="kept for good"),
        pytest.param("2", "1", ERP, ERP, None, False, Verdict.DIFFERS, id="a file of a linked company"),
    ],
)
def test_what_becomes_of_a_value(
    ours: str, theirs: str, held: Origin, says: Origin, choice: FieldChoice | None, pinned: bool, what: Verdict
) -> None:
    assert verdict("phone", ours, theirs, held_by=held, says=says, choice=choice, pinned=pinned) == what


@pytest.mark.parametrize(
    ("text", "other", "pieces"),
    [
        ("12 rue Foch", "14 RUE FOCH", [("12", True), ("rue Foch", False)]),
        ("Lille", "Roubaix", [("Lille", False)]),
        ("", "Roubaix", []),
    ],
    ids=["one word", "nothing common", "empty"],
)
def test_the_words_that_differ_are_marked(text: str, other: str, pieces: list[tuple[str, bool]]) -> None:
    assert marked(text, other) == pieces
