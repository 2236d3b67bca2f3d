"""The sample ERP exports: the shipped files are what the command writes, and tell a plausible story."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from stdnum.fr import siren, tva

from companies.creditsafe.sandbox import sample_partners, samples
from companies.creditsafe.sandbox.directory import DEFAULT_COMPANIES, DEFAULT_SEED, Company, Directory
from companies.creditsafe.sandbox.sample_items import limit_in_euros
from companies.creditsafe.sandbox.sample_partners import Partner

SHIPPED = Path(samples.__file__).parents[2] / "samples"


def lines(name: str) -> list[list[str]]:
    content = (SHIPPED / name).read_bytes().decode("cp1252")
    assert content.endswith("\r\n")
    return [line.split(";") for line in content.split("\r\n")[:-1]]


def number(text: str) -> Decimal:
    plain = text.replace(" ", "").replace("\N{NO-BREAK SPACE}", "").replace(",", ".")
    return -Decimal(plain[:-1]) if plain.endswith("-") else Decimal(plain)


def day(text: str) -> date | None:
    return datetime.strptime(text, "%d/%m/%Y").date() if text else None  # noqa: DTZ007 - a day has no zone


@dataclass
class Story:
    """Both files, read back; what each account owes."""

    partners: list[list[str]]
    items: list[list[str]]
    chosen: dict[str, Partner]
    companies: list[Company]
    owed: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    @property
    def clients(self) -> list[list[str]]:
        return [row for row in self.partners if row[8] == "C"]


@pytest.fixture(scope="module")
def story() -> Story:
    companies = Directory(DEFAULT_COMPANIES, DEFAULT_SEED).companies
    chosen = {partner.account: partner for partner in sample_partners.choose(companies, DEFAULT_SEED)}
    made = Story(lines("partenaires.csv")[1:], lines("postes_ouverts.csv")[2:-1], chosen, companies)
    for row in made.items:
        made.owed[row[0]] += number(row[6])
    return made


@pytest.mark.parametrize("name", ["partenaires.csv", "postes_ouverts.csv", "commandes.csv", "fournisseurs.csv"])
def test_the_shipped_file_is_what_the_command_writes(name: str, tmp_path: Path) -> None:
    assert samples.main([str(tmp_path)]) == 0
    assert (tmp_path / name).read_bytes() == (SHIPPED / name).read_bytes()


def test_another_closing_day_moves_the_title_and_the_dates(tmp_path: Path) -> None:
    samples.main([str(tmp_path), "--as-of", "2026-03-31"])
    content = (tmp_path / "postes_ouverts.csv").read_text("cp1252")
    assert content.startswith("Postes ouverts au 31/03/2026")
    assert "/11/2026;FA" not in content


def test_headers_are_the_documented_ones() -> None:
    assert ";".join(lines("partenaires.csv")[0]) == samples.PARTNERS_HEADER
    assert lines("postes_ouverts.csv")[:2] == [["Postes ouverts au 20/11/2026"], samples.ITEMS_HEADER.split(";")]


def test_every_line_has_all_its_columns(story: Story) -> None:
    assert {len(row) for row in story.partners} == {13}
    assert {len(row) for row in story.items} == {7}


def test_the_control_total_is_the_sum_of_the_items(story: Story) -> None:
    last = lines("postes_ouverts.csv")[-1]
    assert last[:6] == ["TOTAL GÉNÉRAL", "", "", "", "", ""]
    assert number(last[6]) == sum(number(row[6]) for row in story.items)


def test_roles_have_their_accounts_and_their_shares(story: Story) -> None:
    roles = Counter(row[8] for row in story.partners)
    assert len(story.partners) >= 330
    assert 0.55 < roles["C"] / len(story.partners) < 0.66
    assert 0.2 < roles["F"] / len(story.partners) < 0.3
    assert 0.08 < roles["P"] / len(story.partners) < 0.12
    assert all(row[0].startswith(sample_partners.PREFIXES[row[8]]) for row in story.partners)


def test_accounts_are_unique_and_cover_more_than_310_entities(story: Story) -> None:
    assert len({row[0] for row in story.partners}) == len(story.partners)
    known = {one.company.connect_id for one in story.chosen.values() if one.company}
    assert len(known) >= 310


def test_twenty_five_companies_have_two_roles(story: Story) -> None:
    rows = Counter(one.company.connect_id for one in story.chosen.values() if one.company)
    assert list(rows.values()).count(2) == 25


def test_french_numbers_are_valid(story: Story) -> None:
    for row in story.partners:
        if row[5] == "FR" and row[6]:
            assert siren.is_valid(row[6])
        if row[5] == "FR" and row[7]:
            assert tva.is_valid(row[7])


def test_about_forty_partners_are_foreign_and_have_a_number(story: Story) -> None:
    foreign = [row for row in story.partners if row[5] != "FR"]
    assert 36 <= len(foreign) <= 44
    assert {row[5] for row in foreign} == {"GB", "BE", "DE", "IT", "ES", "SE", "US"}
    assert all(row[6] or row[7] for row in foreign)


def test_twenty_rows_have_no_number_and_a_damaged_name(story: Story) -> None:
    bare = [story.chosen[row[0]] for row in story.partners if not row[6] and not row[7]]
    damaged = [one for one in bare if one.company]
    assert len(damaged) == 20
    assert all(one.company and one.company.name != one.name for one in damaged)


def test_six_partners_exist_nowhere_in_the_directory(story: Story) -> None:
    lost = [one for one in story.chosen.values() if one.company is None]
    assert len(lost) == 6
    assert not {one.number for one in lost if one.number} & {one.number for one in story.companies}


def test_clients_have_every_kind_of_standing(story: Story) -> None:
    companies = [one.company for one in story.chosen.values() if one.role == "C" and one.company]
    kinds = {sample_partners.kind(one) for one in companies}
    assert {"A", "B", "C", "D", "failed", "unrated"} <= kinds
    assert {"0", "No Limit", "Credit Limit not applicable"} <= {one.standing.limit for one in companies}


def test_items_belong_to_partners(story: Story) -> None:
    assert {row[0] for row in story.items} <= {row[0] for row in story.partners}
    assert 2300 <= len(story.items) <= 2700


def test_credits_and_payments_carry_a_trailing_minus(story: Story) -> None:
    assert {row[3] for row in story.items} == {"FA", "AV", "RG"}
    assert all(row[6].endswith("-") == (row[3] != "FA") for row in story.items)


def test_thousands_are_written_in_three_ways(story: Story) -> None:
    amounts = [row[6] for row in story.items if abs(number(row[6])) >= 1000]
    assert {("\N{NO-BREAK SPACE}" in text, " " in text) for text in amounts} == {
        (True, False),
        (False, True),
        (False, False),
    }


def test_dates_are_in_order_and_none_is_in_the_future(story: Story) -> None:
    for row in story.items:
        issued, due = day(row[4]), day(row[5])
        assert issued is not None
        assert issued <= samples.DEFAULT_AS_OF
        assert due is None or due >= issued
        assert (due is None) == (row[3] == "RG")


def test_clients_owe_between_15_and_25_millions(story: Story) -> None:
    assert 15_000_000 < sum(story.owed[row[0]] for row in story.clients) < 25_000_000


def test_about_a_fifth_of_the_receivables_is_overdue(story: Story) -> None:
    total = overdue = old = Decimal(0)
    for row in story.items:
        amount, due = number(row[6]), day(row[5])
        if row[0].startswith("411") and amount > 0 and due:
            total += amount
            overdue += amount if due < samples.DEFAULT_AS_OF else 0
            old += amount if (samples.DEFAULT_AS_OF - due).days > 90 else 0
    assert Decimal("0.18") < overdue / total < Decimal("0.26")
    assert Decimal("0.01") < old / total < Decimal("0.05")


def test_most_of_the_exposure_is_on_sound_companies(story: Story) -> None:
    by_kind: dict[str, Decimal] = defaultdict(Decimal)
    for row in story.clients:
        company = story.chosen[row[0]].company
        by_kind[sample_partners.kind(company) if company else ""] += story.owed[row[0]]
    assert (by_kind["A"] + by_kind["B"]) / sum(by_kind.values()) > Decimal("0.6")
    assert by_kind["D"] > 0
    assert by_kind["failed"] > 0


def test_about_an_eighth_of_the_clients_is_above_the_limit(story: Story) -> None:
    limits = {row[0]: limit_in_euros(story.chosen[row[0]]) for row in story.clients}
    above = sum(limit is not None and story.owed[code] > limit for code, limit in limits.items())
    assert 0.09 < above / len(limits) < 0.15


def test_about_a_twelfth_of_the_clients_is_above_the_erp_ceiling(story: Story) -> None:
    above = sum(bool(row[9]) and story.owed[row[0]] > number(row[9]) for row in story.clients)
    assert 0.05 < above / len(story.clients) < 0.11


def test_erp_ceilings_are_round_figures(story: Story) -> None:
    ceilings = [number(row[9]) for row in story.partners if row[9]]
    assert len(ceilings) > 180
    assert all(ceiling % 1000 == 0 for ceiling in ceilings)


def test_a_directory_too_small_for_the_samples_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="too few companies"):
        samples.write(tmp_path, companies=100)
