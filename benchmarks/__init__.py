"""What the benchmarks share: a figure is one line of JSON beside its floor, and a missed goal is exit 1."""

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Figure:
    """A measured value. `floor` is what was measured beside it in the same run; `goal` bounds `ratio`, or `value`
    where there is no floor: from above, or from below when it is to be met `at_least`.
    """

    name: str
    value: float
    unit: str
    goal: float
    floor: float | None = None
    at_least: bool = False

    @property
    def ratio(self) -> float | None:
        return round(self.value / self.floor, 3) if self.floor else None

    @property
    def ok(self) -> bool:
        measured = self.value if self.ratio is None else self.ratio
        return measured >= self.goal if self.at_least else measured <= self.goal

    def line(self) -> str:
        found = asdict(self) | {"value": round(self.value, 4), "ratio": self.ratio, "ok": self.ok}
        return json.dumps({key: found[key] for key in ("name", "value", "unit", "floor", "ratio", "goal", "ok")})


def tell(figures: Iterable[Figure]) -> None:
    """Print every figure and leave with 1 when a goal is missed."""
    figures = list(figures)
    for figure in figures:
        print(figure.line())
    sys.exit(0 if all(figure.ok for figure in figures) else 1)


def median_ms(work: Callable[[], object], *, times: int) -> float:
    """Median milliseconds of a call, after one that warms it up."""
    work()
    spent = []
    for _ in range(times):
        start = perf_counter()
        work()
        spent.append((perf_counter() - start) * 1000)
    return median(spent)
