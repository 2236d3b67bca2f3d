"""Errors of a file by column and by kind of problem: what a page offers to look at first."""

import re
from dataclasses import dataclass

from django.db.models import Count, Min, QuerySet
from django.utils.translation import gettext

from companies.models import ImportBatch, ImportProblem

_VALUE = re.compile(r"%\(\w+\)[sd]")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the page was asked to show; empty is everything."""

    column: str = ""
    problem: str = ""

    def among(self, problems: "QuerySet[ImportProblem]") -> "QuerySet[ImportProblem]":
        """Return the problems that were asked for."""
        if self.column:
            problems = problems.filter(column=self.column)
        return problems.filter(code=self.problem) if self.problem else problems


@dataclass(frozen=True, slots=True)
class Choice:
    """One filter: its value, its words, and how many stored errors it gives."""

    value: str
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class Filters:
    """The columns and the kinds of problem that occur, the most frequent first."""

    columns: list[Choice]
    problems: list[Choice]


def filters_of(batch: ImportBatch) -> Filters:
    """Count the stored errors of a file by column and by kind; three queries."""
    errors = batch.problems.filter(is_error=True).order_by()
    columns = errors.exclude(column="").values_list("column").annotate(number=Count("pk")).order_by("-number", "column")
    kinds = (
        errors.exclude(code="").values("code").annotate(number=Count("pk"), one=Min("pk")).order_by("-number", "code")
    )
    found = list(kinds)
    samples = ImportProblem.objects.in_bulk([kind["one"] for kind in found])
    return Filters(
        [Choice(column, column, count) for column, count in columns],
        [Choice(kind["code"], _words(samples[kind["one"]].reason), kind["number"]) for kind in found],
    )


def _words(reason: str) -> str:
    """Return a problem in general: what differs from line to line is left out."""
    return _VALUE.sub("…", gettext(reason))
