import pytest
from hypothesis import given
from hypothesis import strategies as st

from companies.rules.matching import Clue, Evidence, Match, Party, compare, decision, name_key, name_similarity

OURS = Party(
    name="Établissements Dupont & Fils SARL",
    registration_number="489724245",
    vat_number="FR77489724245",
    street="12, rue de la République",
    postal_code="59000",
    city="Lille",
    country="FR",
    phone="03 20 00 00 00",
)


def by_name(name, **place):
    return compare(Party("Forges du Nord", postal_code="59000", country="FR"), Party(name, country="FR", **place))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        pytest.param("Établissements DUPONT et Fils S.A.R.L.", "DUPONT ET FILS", id="courtesy word, form with points"),
        pytest.param("ETS DUPONT & FILS", "DUPONT ET FILS", id="abbreviation and ampersand"),
        pytest.param("Sté Dupont & Fils", "DUPONT ET FILS", id="Sté"),
        pytest.param("SAS L'Atelier du Bois", "L ATELIER DU BOIS", id="form first, apostrophe"),
        pytest.param("Société par actions simplifiée Vauban", "VAUBAN", id="form in words"),
        pytest.param("Müller GmbH & Co. KG", "MULLER", id="German"),
        pytest.param("Jansen B.V.", "JANSEN", id="Dutch"),
        pytest.param("Rossi S.p.A.", "ROSSI", id="Italian"),
        pytest.param("Smith & Sons Ltd.", "SMITH ET SONS", id="British"),
        pytest.param("Compagnie Générale des Eaux", "CIE GENERALE DES EAUX", id="Compagnie"),
        pytest.param("CIE GENERALE DES EAUX", "CIE GENERALE DES EAUX", id="Cie"),
        pytest.param("Cœur de Lion", "COEUR DE LION", id="ligature"),
        pytest.param("TRANSP. SAINT-MARTIN", "TRANSPORTS ST MARTIN", id="abbreviations inside"),
        pytest.param("SA", "SA", id="nothing but a form"),
        pytest.param("", "", id="empty"),
    ],
)
def test_name_key(name, key):
    assert name_key(name) == key


def test_a_letter_pair_inside_a_name_is_no_legal_form():
    assert name_key("Garage SA Martin") == "GARAGE SA MARTIN"


@given(st.text(max_size=40))
def test_a_key_is_its_own_key(name):
    assert name_key(name_key(name)) in {name_key(name), name_key(name_key(name_key(name)))}


@given(st.text(max_size=30), st.text(max_size=30))
def test_similarity_is_a_percentage_and_symmetric(a, b):
    assert 0 <= name_similarity(a, b) <= 100
    assert name_similarity(a, b) == name_similarity(b, a)


def test_an_extra_word_is_not_the_same_name():
    assert name_similarity("Dupont", "Dupont Transports") < 60


def test_the_same_company_under_its_siret_scores_highest():
    theirs = Party("DUPONT ET FILS", registration_number="48972424500035", postal_code="59000", country="FR")
    match = compare(OURS, theirs)
    assert match.score == 100
    assert match.says(Clue.SAME_NUMBER)
    assert decision([match]) == "auto"


def test_each_clue_is_reported_with_what_shows_it():
    theirs = Party("Dupont et fils", "489724245", "FR77489724245", "12 r. République", "59800", "LILLE CEDEX 9", "FR")
    clues = {reason.code: reason.detail for reason in compare(OURS, theirs).reasons}
    assert clues[Clue.SAME_NUMBER] == "489724245"
    assert clues[Clue.SAME_VAT] == "FR77489724245"
    assert clues[Clue.NAME] == "100"
    assert clues[Clue.OTHER_POSTCODE] == "59800"
    assert Clue.SAME_CITY in clues


def test_the_street_and_the_phone_count_however_they_are_written():
    theirs = Party("X", street="12 RUE DE LA REPUBLIQUE", phone="+33 3 20 00 00 00")
    match = compare(OURS, theirs)
    assert match.says(Clue.SAME_STREET)
    assert match.says(Clue.SAME_PHONE)


def test_a_contradicting_siren_is_never_linked_by_itself():
    theirs = Party(OURS.name, registration_number="732829320", postal_code="59000", city="Lille", country="FR")
    match = compare(OURS, theirs)
    assert match.says(Clue.OTHER_NUMBER)
    assert match.score <= 40
    assert decision([match]) == "none"


def test_the_same_siren_under_an_utterly_different_name_is_reviewed():
    match = compare(OURS, Party("Zanzibar Holding", registration_number="489724245", country="FR"))
    assert match.says(Clue.OTHER_NAME)
    assert decision([match]) == "review"


def test_the_same_vat_with_another_siren_is_not_linked_by_itself():
    theirs = Party(OURS.name, registration_number="732829320", vat_number="FR77489724245", country="FR")
    assert decision([compare(OURS, theirs)]) != "auto"


def test_a_number_that_is_wrong_says_nothing():
    theirs = Party("Dupont et Fils", registration_number="123456789", country="FR")
    match = compare(OURS, theirs)
    assert not match.says(Clue.OTHER_NUMBER)
    assert not match.says(Clue.SAME_NUMBER)


def test_foreign_numbers_compare_without_punctuation_and_leading_zeros():
    ours = Party("Müller GmbH", registration_number="HRB 12345", country="DE")
    assert compare(ours, Party("Muller", registration_number="hrb12345", country="DE")).says(Clue.SAME_NUMBER)
    ours = Party("Smith Ltd", registration_number="00123456", country="GB")
    assert compare(ours, Party("Smith", registration_number="123456", country="GB")).says(Clue.SAME_NUMBER)


def test_another_country_is_another_company():
    match = compare(Party("Forges du Nord", country="FR"), Party("Forges du Nord", country="BE"))
    assert match.says(Clue.OTHER_COUNTRY)
    assert decision([match]) == "none"


def test_overseas_departments_are_of_france():
    theirs = Party("Dupont", registration_number="489724245", country="FR")
    assert compare(Party("Dupont", registration_number="48972424500035", country="RE"), theirs).says(Clue.SAME_NUMBER)


def test_the_same_name_at_the_same_postcode_is_linked():
    assert decision([by_name("FORGES DU NORD SAS", postal_code="59000")]) == "auto"


@pytest.mark.parametrize(
    "place",
    [pytest.param({}, id="no postcode known"), pytest.param({"postal_code": "59800"}, id="another postcode")],
)
def test_the_same_name_without_the_same_postcode_is_reviewed(place):
    assert decision([by_name("Forges du Nord", **place)]) == "review"


def test_a_slightly_different_name_at_the_same_postcode_is_reviewed():
    assert decision([by_name("Forges du Nort", postal_code="59000")]) == "review"


def test_a_rival_makes_a_person_choose():
    twins = [by_name("Forges du Nord", postal_code="59000"), by_name("Forges du Nord SA", postal_code="59000")]
    assert decision(twins) == "review"


def evidence(score, similarity=100):
    clues = (Evidence(Clue.SAME_NUMBER, "1"), Evidence(Clue.NAME, str(similarity)))
    return Match(score, clues)


@pytest.mark.parametrize(
    ("rival", "expected"),
    [pytest.param(95, "review", id="five points behind"), pytest.param(94, "auto", id="six points behind")],
)
def test_the_gap_to_a_rival(rival, expected):
    assert decision([evidence(rival), evidence(100)]) == expected


@pytest.mark.parametrize(
    ("score", "expected"), [pytest.param(59, "none", id="below"), pytest.param(60, "auto", id="at the bound")]
)
def test_a_weak_candidate_is_not_shown(score, expected):
    assert decision([evidence(score)]) == expected


@pytest.mark.parametrize(("similarity", "expected"), [(44, "review"), (45, "auto")])
def test_how_different_a_name_may_be_under_the_same_number(similarity, expected):
    assert decision([evidence(90, similarity)]) == expected


def test_without_candidates_there_is_nothing():
    assert decision([]) == "none"


texts = st.text(max_size=20)
parties = st.builds(Party, *[texts] * 6, st.sampled_from(["", "FR", "DE", "RE"]), texts)


@given(parties, parties)
def test_any_two_parties_compare_to_a_score(ours, theirs):
    match = compare(ours, theirs)
    assert 0 <= match.score <= 100
    assert decision([match]) in {"auto", "review", "none"}


@given(parties)
def test_a_party_never_contradicts_itself(party):
    match = compare(party, party)
    assert not any(match.says(c) for c in (Clue.OTHER_NUMBER, Clue.OTHER_VAT, Clue.OTHER_POSTCODE, Clue.OTHER_CITY))
