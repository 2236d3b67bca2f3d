"""The open differences of all companies, narrowed by what a page asks for."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Count, Exists, OuterRef
from django_countries import countries

from companies.choices import CompanyField, Origin, Role
from companies.models import Account, Company, FieldDifference
from companies.models.provenance import FieldDifferenceQuerySet

LONGEST_SEARCH = 100


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What a list of differences is narrowed to; an empty text does not narrow, and what is unknown is dropped."""

    field: str = ""
    source: str = ""
    country: str = ""
    role: str = ""
    q: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> "Narrowing":
        known: dict[str, Container[str]] = {
            "field": CompanyField.values,
            "source": [Origin.CREDITSAFE, Origin.ERP],
            "country": dict(countries),
            "role": Role.values,
        }
        chosen = {name: asked.get(name, "") for name, values in known.items() if asked.get(name, "") in values}
        return cls(**chosen, q=asked.get("q", "").strip()[:LONGEST_SEARCH])

    def rows(self) -> FieldDifferenceQuerySet:
        """The open differences it lets through, without any order."""
        rows = self._but_field()
        return rows.filter(field=self.field) if self.field else rows

    def by_field(self) -> dict[str, int]:
        """How many are open by field, whatever field is chosen. One query."""
        return dict(self._but_field().order_by().values_list("field").annotate(Count("pk")))

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """What narrows, by the name of its parameter."""
        asked = [(name, getattr(self, name)) for name in ("field", "source", "country", "role", "q")]
        return [(name, value) for name, value in asked if value]

    def query(self) -> str:
        """The same as a part of an address."""
        return urlencode(self.pairs)

    @property
    def narrows(self) -> bool:
        return bool(self.pairs)

    def _but_field(self) -> FieldDifferenceQuerySet:
        rows = FieldDifference.objects.open().order_by()
        rows = rows.filter(source=self.source) if self.source else rows
        rows = rows.filter(company__country=self.country) if self.country else rows
        if self.role:
            rows = rows.filter(Exists(Account.objects.filter(company=OuterRef("company"), role=self.role)))
        return rows.filter(company__in=Company.objects.search(self.q)) if self.q else rows


def our_countries() -> list[str]:
    """The countries of our companies, in the order of their codes."""
    return [str(code) for code in Company.objects.order_by("country").values_list("country", flat=True).distinct()]
