from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from companies.rules.identifiers import siren_of
from companies.rules.matching import Clue, Evidence, Match, Party, compare, decision, is_certain
from companies.rules.names import name_key, name_similarity, words_apart

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
    assert decision([match]) == "review"


def test_a_contradicting_siren_under_another_name_is_not_worth_a_look():
    theirs = Party("Dupond Frères", registration_number="732829320", postal_code="59000", city="Lille", country="FR")
    assert decision([compare(OURS, theirs)]) == "none"


def test_of_two_candidates_the_one_with_our_name_and_street_comes_before_the_one_with_our_number():
    named = compare(OURS, replace(OURS, registration_number="732829320", vat_number="", phone=""))
    numbered = compare(OURS, Party("Zanzibar Holding", "489724245", "", "3 quai Sud", "13008", "Marseille", "FR"))
    assert named.score > numbered.score
    assert decision([numbered, named]) == "review"


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


def at_street(name, **values):
    place = {"street": "12 rue de la Gare", "postal_code": "59000", "city": "Lille", "country": "FR"}
    return compare(Party("Forges du Nord", **place), Party(name, **(place | values)))


def test_the_same_name_at_the_same_street_is_linked():
    assert decision([at_street("FORGES DU NORD SAS")]) == "auto"


def test_the_same_name_at_the_same_postcode_with_the_same_phone_is_linked():
    ours = Party("Forges du Nord", postal_code="59000", phone="03 20 11 22 33")
    assert decision([compare(ours, replace(ours, phone="+33 3 20 11 22 33"))]) == "auto"


@pytest.mark.parametrize(
    ("name", "values", "clue"),
    [
        pytest.param("Forges du Nord", {"street": ""}, None, id="no street known"),
        pytest.param("Forges du Nord", {"street": "14 rue de la Gare"}, Clue.OTHER_STREET, id="another house"),
        pytest.param("Forges du Nord", {"street": "rue de la Gare"}, Clue.NO_HOUSE, id="house number missing"),
        pytest.param(
            "Forges du Nord", {"street": "12 place de la Gare"}, Clue.OTHER_STREET, id="another kind of street"
        ),
        pytest.param("Forges du Nord", {"postal_code": "59800", "city": "Roubaix"}, Clue.OTHER_CITY, id="elsewhere"),
        pytest.param("Forges du Nord Services", {}, Clue.EXTRA_WORDS, id="a sister"),
        pytest.param("Forges du Nord 2", {}, Clue.EXTRA_WORDS, id="a number"),
        pytest.param("Forges du Sud", {}, Clue.OTHER_WORDS, id="another word"),
        pytest.param("SCI Forges du Nord", {}, Clue.OTHER_FORM, id="the company that owns the walls"),
        pytest.param("Forges du Nord", {"has_ceased": True}, Clue.CEASED, id="ceased"),
    ],
)
def test_without_an_identifier_anything_that_differs_is_reviewed(name, values, clue):
    match = at_street(name, **values)
    assert clue is None or match.says(clue)
    assert decision([match]) == "review"


def test_a_name_that_fills_the_column_of_the_erp_is_not_linked_without_a_number():
    ours = Party("Transports Delacourt", street="1 rue Foch", postal_code="59000", city="Lille")
    assert len(ours.name) == 20
    assert decision([compare(ours, ours)]) == "review"
    numbered = replace(ours, registration_number="489724245")
    assert decision([compare(numbered, numbered)]) == "auto"


def test_a_slightly_different_name_at_the_same_postcode_is_reviewed():
    assert decision([by_name("Forges du Nort", postal_code="59000")]) == "review"


def test_a_rival_makes_a_person_choose():
    assert decision([at_street("Forges du Nord"), at_street("Forges du Nord SA")]) == "review"


def test_a_sister_at_the_same_street_makes_a_person_choose():
    assert decision([at_street("Forges du Nord"), at_street("Forges du Nord Services")]) == "review"


def test_the_same_siren_under_a_sisters_name_is_reviewed():
    ours = Party("Delmotte Industries", "489724245", country="FR")
    match = compare(ours, Party("Delmotte France", "489724245", country="FR"))
    assert match.says(Clue.OTHER_WORDS)
    assert decision([match]) == "review"


def test_a_candidate_that_bears_our_name_rivals_the_one_with_our_number():
    ours = Party("Delmotte", "489724245", country="FR", postal_code="59000")
    numbered = compare(ours, Party("Delmotte Industries", "489724245", country="FR", postal_code="59000"))
    named = compare(ours, Party("Delmotte", "732829320", country="FR", postal_code="59000"))
    assert decision([numbered]) == "auto"
    assert decision([numbered, named]) == "review"


def test_a_ceased_company_is_flagged_and_never_linked_by_itself():
    match = compare(OURS, replace(OURS, has_ceased=True))
    assert match.says(Clue.CEASED)
    assert match.score == 100
    assert decision([match]) == "review"


@pytest.mark.parametrize(
    ("written", "near"),
    [
        pytest.param("489742245", True, id="neighbours changed"),
        pytest.param("489724246", True, id="one wrong"),
        pytest.param("48972424", True, id="one missing"),
        pytest.param("4897242455", True, id="one twice"),
        pytest.param("489742254", False, id="two slips"),
        pytest.param("", False, id="none"),
    ],
)
def test_a_siren_with_one_slip_speaks_for_the_candidate(written, near):
    ours = replace(OURS, registration_number=written, vat_number="")
    assert compare(ours, OURS).says(Clue.NEAR_NUMBER) is near


@pytest.mark.parametrize(
    ("written", "verdict"),
    [
        pytest.param("732829321", "review", id="wrong and unlike"),
        pytest.param("000000000", "auto", id="zeros say nothing"),
        pytest.param("123456789", "auto", id="a filler says nothing"),
        pytest.param("EN COURS", "auto", id="words say nothing"),
    ],
)
def test_a_wrong_number_unlike_theirs_makes_a_person_choose(written, verdict):
    ours = replace(OURS, registration_number=written, vat_number="")
    match = compare(ours, OURS)
    assert match.says(Clue.ODD_NUMBER) is (verdict == "review")
    assert decision([match]) == verdict


def test_a_siren_with_one_slip_and_the_same_name_is_linked_even_after_a_move():
    ours = Party("Forges du Nord", "489742245", country="FR", postal_code="13001")
    assert decision([compare(ours, Party("Forges du Nord", "489724245", country="FR", postal_code="59000"))]) == "auto"


def test_the_address_of_a_branch_counts_and_is_told():
    theirs = Party("X", street="1 rue A", postal_code="75001", city="Paris", branches=(OURS.head_office,))
    match = compare(OURS, theirs)
    clues = {reason.code: reason.detail for reason in match.reasons}
    assert clues[Clue.BRANCH] == "59000 Lille"
    assert Clue.SAME_STREET in clues


def test_a_trading_name_counts():
    match = compare(Party("Chez Léon"), Party("Delacourt Restauration", trading_names=("CHEZ LEON",)))
    assert match.name_similarity == 100


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


NUMBERS = ("registration_number", "vat_number")
texts = st.text(max_size=20)
numbers = st.sampled_from(["", "489724245", "48972424500035", "489742245", "732829320", "000000000", "HRB 12345"])
vats = st.sampled_from(["", "FR77489724245", "FR44732829320", "FR00489724245"])
names = st.one_of(
    texts, st.sampled_from(["Delmotte", "Delmotte France", "SCI Delmotte", "Transports Delacourt", "TRPTS"])
)
streets = st.sampled_from(["", "12 rue de la Gare", "12 R GARE", "14 rue de la Gare", "ZI Nord"])
codes = st.sampled_from(["", "59000", "59800", "75001"])
parties = st.builds(
    Party, names, numbers, vats, streets, codes, st.sampled_from(["", "Lille", "Paris"]),
    st.sampled_from(["", "FR", "DE", "RE"]), st.sampled_from(["", "0320112233", "+33 3 20 11 22 33"]),
)  # fmt: skip


@given(parties, parties)
def test_any_two_parties_compare_to_a_score(ours, theirs):
    match = compare(ours, theirs)
    assert 0 <= match.score <= 100
    assert decision([match]) in {"auto", "review", "none"}


@given(parties, parties)
def test_the_score_does_not_depend_on_who_asks(ours, theirs):
    assert compare(ours, theirs).score == compare(theirs, ours).score


@given(parties, parties, st.sampled_from(["name", "street", "postal_code", "city", "phone", *NUMBERS]))
def test_one_more_thing_in_common_never_lowers_the_score(ours, theirs, field):
    sirens = {siren_of(ours.registration_number), siren_of(ours.vat_number)} - {None}
    assume(len(sirens) < 2)  # numbers at odds with each other are no evidence
    assume(field not in NUMBERS or siren_of(getattr(ours, field)))  # nor is a wrong one in common
    nearer = replace(theirs, **{field: getattr(ours, field)})
    assert not getattr(ours, field) or compare(ours, nearer).score >= compare(ours, theirs).score


@given(parties, st.lists(parties, max_size=4))
def test_another_number_is_never_linked_by_itself(ours, others):
    matches = [compare(ours, other) for other in others]
    if decision(matches) == "auto":
        assert not max(matches, key=lambda match: match.score).says(Clue.OTHER_NUMBER)


@given(parties, st.lists(parties, max_size=4))
def test_one_candidate_more_never_makes_a_doubtful_link_certain(ours, others):
    matches = [compare(ours, other) for other in others]
    if matches and decision(matches) == "auto":
        assert is_certain(max(matches, key=lambda match: match.score))


@given(parties)
def test_a_party_never_contradicts_itself(party):
    match = compare(party, party)
    assert not any(match.says(c) for c in (Clue.OTHER_NUMBER, Clue.OTHER_VAT, Clue.OTHER_POSTCODE, Clue.OTHER_CITY))


@given(names, names)
def test_what_two_names_do_not_share_is_the_same_from_both_sides(a, b):
    assert words_apart(a, b) == words_apart(b, a)[::-1]


@pytest.mark.parametrize(
    ("ours", "theirs", "apart"),
    [
        pytest.param("Transports Dupont", "Transports Martin", ("DUPONT", "MARTIN"), id="another word"),
        pytest.param("TRPTS DUPONT", "Dupont Transports", ("", ""), id="abbreviation, other order"),
        pytest.param("Méca. Dupond", "Mécanique Dupont", ("", ""), id="cut word and slip"),
        pytest.param("Dupont", "Dupont 2", ("", "2"), id="a number is a word"),
        pytest.param("Dupont 1", "Dupont 2", ("1", "2"), id="numbers differ"),
        pytest.param("Trans Dupont", "TransDupont", ("", ""), id="joined"),
        pytest.param("CMB", "Constructions Métalliques Blanc", ("", ""), id="initials"),
        pytest.param("Les Caves du Nord", "Caves Nord", ("", ""), id="small words"),
    ],
)
def test_words_that_only_one_name_has(ours, theirs, apart):
    assert words_apart(ours, theirs) == apart


@pytest.mark.parametrize(
    ("ours", "theirs", "similarity"),
    [
        pytest.param("ETABLISSEMENTS DELACOURT ET F", "Delacourt et Fils Matériaux", 88, id="cut by the ERP"),
        pytest.param("Delacourt", "Delacourt Matériaux", 66, id="too short to be cut"),
        pytest.param("MÃ©canique Lemaire", "MECANIQUE LEMAIRE", 100, id="UTF-8 read as cp1252"),
        pytest.param("Méca. Gén. Lemaire", "Mécanique générale Lemaire", 92, id="abbreviated"),
    ],
)
def test_a_name_is_known_however_it_suffered(ours, theirs, similarity):
    assert name_similarity(ours, theirs) == name_similarity(theirs, ours)
    assert abs(name_similarity(ours, theirs) - similarity) <= 3
