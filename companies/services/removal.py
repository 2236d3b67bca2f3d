"""Taking rows out of the books for good: only those that nobody uses, and with them what was worked out from them."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import DO_NOTHING, Model
from django.db.models.fields.reverse_related import ForeignObjectRel

from companies.models import Account, AgedBalance, Commitment, Company, ImportBatch, Many, OpenItem, Supply
from companies.services.history import DELETED, remember

Removable = type[Company] | type[Account] | type[OpenItem] | type[AgedBalance] | type[Commitment] | type[Supply]

BEFORE_COMPANIES_GO: list[Callable[[Sequence[int]], object]] = []
"""Asked before companies are removed, in the same transaction: who keeps sums over companies takes them out there."""

DERIVED = frozenset({
    "companies.change", "companies.candidate", "companies.duplicatepair", "companies.fieldsource",
    "companies.fielddifference", "companies.dispute", "monitoring.standing", "monitoring.standingchange",
    "monitoring.identifierflaw", "monitoring.position",
})  # fmt: skip
"""Worked out from a row by the machine, or said of nothing but it: it goes with it. Anything else keeps the row."""


def references(model: Removable, keys: Sequence[int], *, freed: Mapping[str, Collection[int]]) -> dict[int, str]:
    """Return which of these rows something refers to, and what.

    `freed` are accounts, by column, that will refer no more: they go themselves, or that column goes back.
    """
    found: dict[int, str] = {}
    wanted = Many(keys)
    for relation in _relations(model):
        other: Any = relation.related_model
        if other._meta.label_lower in DERIVED:
            continue
        column = relation.field.attname
        rows = other._base_manager.filter(**{f"{column}__among": wanted}).values_list(column, "pk")
        spared = freed.get(column, ()) if other is Account else ()
        found |= {key: str(other._meta.verbose_name) for key, pk in rows if pk not in spared}
    return found


def remove(model: Removable, keys: Sequence[int], *, batch: ImportBatch, user_id: int | None, at: datetime) -> None:
    """Delete rows that nothing refers to, with what is derived from them and a last version in their history."""
    if not keys:
        return
    if model is Company:
        for tell in BEFORE_COMPANIES_GO:
            tell(keys)
    if model is Company or model is Account or model is Supply:
        remember(model, keys, DELETED, batch=batch, at=at, user_id=user_id)
    wanted = Many(keys)
    for relation in _relations(model):
        other: Any = relation.related_model
        if other._meta.label_lower in DERIVED:
            other._base_manager.filter(**{f"{relation.field.attname}__among": wanted}).delete()
    rows = model._base_manager.filter(pk__among=wanted)
    rows._raw_delete(rows.db)  # delete() would load each row and write its history again


def _relations(model: type[Model]) -> Iterator[ForeignObjectRel]:
    """Yield the keys of other tables to this one; those of the history hold nothing."""
    for field in model._meta.get_fields(include_hidden=True):
        if isinstance(field, ForeignObjectRel) and field.on_delete is not DO_NOTHING:
            yield field
