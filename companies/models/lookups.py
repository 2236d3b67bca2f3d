"""Questions of our own for the database."""

import json
from collections.abc import Iterable
from typing import Any

from django.db.models import BigAutoField, CharField, ForeignKey, Lookup


class Many:
    """A long list that several questions share: it is written out once, and nothing on the way goes through it."""

    def __init__(self, values: Iterable[Any]) -> None:
        self.values = list(values)
        self.text = json.dumps(self.values)


@CharField.register_lookup
@BigAutoField.register_lookup
@ForeignKey.register_lookup
class Among(Lookup):
    """`code__among=[…]`: like `in`, with the whole list as one parameter, so that thousands cost no more than a few."""

    lookup_name = "among"
    prepare_rhs = False

    def get_db_prep_lookup(self, value: Any, connection: Any) -> Any:
        return "%s", [_many(value).values]

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        lhs, params = self.process_lhs(compiler, connection)
        wanted = f"{lhs} IN (SELECT value FROM json_each(%s))"  # noqa: S608  # a column that Django names
        return wanted, [*params, _many(self.rhs).text]

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        lhs, params = self.process_lhs(compiler, connection)
        return f"{lhs} = ANY(%s)", [*params, _many(self.rhs).values]


def _many(given: Any) -> Many:
    return given if isinstance(given, Many) else Many(given)
