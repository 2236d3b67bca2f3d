"""What a merge writes down so that it can be undone: every value that it changed, moved, removed or created."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Field, ForeignKey, Max, Model, UniqueConstraint
from simple_history.models import HistoricalChanges

from companies.choices import Moved, OnMerge
from companies.models import Company, Merge, MergeMoved


@dataclass(frozen=True)
class Tie:
    """A foreign key to companies: whose rows, and what they do when their company is merged."""

    model: type[Model]
    field: "ForeignKey[Any, Any]"
    rule: OnMerge

    @property
    def table(self) -> str:
        return self.model._meta.label_lower

    @property
    def is_unique(self) -> bool:
        """Whether one company may not have two of them of the same kind, so that a row may find its place taken."""
        if self.field.unique:
            return True
        return any(
            isinstance(one, UniqueConstraint) and self.field.name in one.fields for one in self.model._meta.constraints
        )

    def rows(self, company: int) -> "models.QuerySet[Model]":
        return self.model._base_manager.filter(**{self.field.name: company})


def ties() -> list[Tie]:
    """Every foreign key to companies of the whole project, whoever declares it; histories keep what they said."""
    found = []
    for relation in Company._meta.get_fields(include_hidden=True):
        field = getattr(relation, "field", None)
        if not (relation.auto_created and not relation.concrete and isinstance(field, ForeignKey)):
            continue
        model = field.model
        if not issubclass(model, HistoricalChanges) and not model._meta.abstract:
            rules: Mapping[str, OnMerge] = getattr(model, "on_merge", {})
            found.append(Tie(model, field, rules.get(field.name, OnMerge.FOLLOW)))
    return sorted(found, key=lambda tie: (tie.table, tie.field.name))


class Recorder:
    """Writes rows and remembers what they were. `save` stores it, in the transaction of the merge."""

    def __init__(self, merge: Merge) -> None:
        self._merge = merge
        self._lines: list[MergeMoved] = []

    def change(self, row: Model, values: Mapping[str, Any], what: Moved = Moved.CHANGED) -> None:
        """Write these columns (by attname) of a row."""
        columns = {field.attname: field for field in row._meta.concrete_fields}
        for name, value in values.items():
            old = text_of(columns[name], row)
            setattr(row, name, value)
            self._line(row, what, name, old, text_of(columns[name], row))
        type(row)._base_manager.filter(pk=row.pk).update(**values)

    def move_all(self, tie: Tie, loser: int, survivor: int) -> int:
        """Move all rows of a tie at once. Returns how many."""
        pks = list(tie.rows(loser).order_by("pk").values_list("pk", flat=True))
        for pk in pks:
            self._add(tie.table, str(pk), Moved.MOVED, (tie.field.attname, str(loser), str(survivor)))
        tie.rows(loser).update(**{tie.field.attname: survivor})
        return len(pks)

    def remove(self, row: Model) -> None:
        """Remember the whole row, which the caller removes."""
        for field in row._meta.concrete_fields:
            self._line(row, Moved.REMOVED, field.attname, text_of(field, row), None)

    def create(self, row: Model) -> None:
        self._line(row, Moved.CREATED, "pk", None, str(row.pk))

    def mark(self, tie: Tie, survivor: int) -> None:
        """Remember the newest row of a table, so that undoing can tell what came later."""
        newest = tie.model._base_manager.aggregate(newest=Max("pk"))["newest"]
        self._add(tie.table, str(survivor), Moved.MARK, (tie.field.attname, None, str(newest or 0)))

    def save(self) -> None:
        MergeMoved.objects.bulk_create(self._lines, batch_size=500)

    def _line(self, row: Model, what: Moved, field: str, old: str | None, new: str | None) -> None:
        self._add(row._meta.label_lower, str(row.pk), what, (field, old, new))

    def _add(self, table: str, key: str, what: Moved, value: tuple[str, str | None, str | None]) -> None:
        field, old, new = value
        self._lines.append(
            MergeMoved(merge=self._merge, what=what, table=table, key=key, field=field, old=old, new=new)
        )


def text_of(field: "Field[Any, Any]", row: Model) -> str | None:
    """A value as it is remembered; None is NULL."""
    return None if getattr(row, field.attname) is None else field.value_to_string(row)


def value_of(field: "Field[Any, Any]", text: str | None) -> Any:
    return None if text is None else field.to_python(text)


def model_of(table: str) -> type[Model]:
    """The model of a table that a merge wrote to; every one of them has a key to companies."""
    return next(tie.model for tie in ties() if tie.table == table)


def column(model: type[Model], attname: str) -> "Field[Any, Any]":
    return next(field for field in model._meta.concrete_fields if field.attname == attname)


def by_row(lines: Iterable[MergeMoved]) -> Iterator[tuple[tuple[str, str], list[MergeMoved]]]:
    """Lines grouped by their row, in the order in which the rows came."""
    grouped: dict[tuple[str, str], list[MergeMoved]] = {}
    for line in lines:
        grouped.setdefault((line.table, line.key), []).append(line)
    yield from grouped.items()
