"""Stored codes, put into words."""

import pytest
from django.utils.translation import override

from companies.rules.matching import Clue
from companies.views.words import told


@pytest.mark.parametrize("clue", Clue)
def test_every_clue_of_a_link_has_words(clue):
    with override("en"):
        words = told(f"{clue}:97")
    assert len(words) == 1
    assert ":97" not in words[0].replace(": 97", "")


def test_several_clues_and_one_that_is_forgotten():
    with override("en"):
        assert told("same_vat:FR77489724245 · astrology:yes · name:95") == ["same VAT number", "names alike at 95 %"]


def test_a_link_without_evidence_says_nothing():
    assert told("") == []
