"""The sandbox in a process of its own, steered through its standard input: for the benchmarks that make it misbehave.

Each line is a JSON array, a verb and its arguments; each answer is a line of JSON.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


class Box:
    """Our end: start it with `with`, then `box("add", "slow=0.2")`, `box("orders")`."""

    def __init__(self, *, companies: int, seed: int, **options: object) -> None:
        given = json.dumps({"companies": companies, "seed": seed, **options})
        self._process = subprocess.Popen(
            [sys.executable, __file__, given], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.url = str(self("url"))

    def __call__(self, verb: str, *arguments: object, **named: object) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([verb, arguments, named]) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise SystemExit("the sandbox stopped")
        return json.loads(answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(30)


@contextmanager
def faults(box: Box, *texts: str) -> Iterator[None]:
    """Misbehaviour for a while."""
    for text in texts:
        box("add", text)
    try:
        yield
    finally:
        box("clear")


def details(one: Any) -> dict[str, str]:
    """What a search hit tells of a company, under the names of our columns."""
    return {
        "siret": one.office if one.country == "FR" else "",
        "vat_number": one.vat,
        "street": f"{one.address.number} {one.address.street}",
        "postal_code": one.address.postcode,
        "city": one.address.city,
        "phone": one.phone,
    }


def verbs(box: Any) -> dict[str, Callable[..., object]]:
    """What the sandbox's process understands."""
    return {
        "url": lambda: box.url,
        "add": box.faults.add,
        "remove": box.faults.remove,
        "clear": box.faults.clear,
        "emit": box.emit,
        "change": box.change,
        "orders": lambda: dict(box.orders),
        "notifications": lambda: [[one.number, one.portfolio] for one in box._world.notifications],
        "companies": lambda: [[one.connect_id, one.name, one.country, one.number] for one in box.directory],
        "details": lambda: {one.connect_id: details(one) for one in box.directory},
    }


def main() -> None:
    from companies.creditsafe.sandbox import Sandbox

    with Sandbox(**json.loads(sys.argv[1])) as box:
        known = verbs(box)
        for line in sys.stdin:
            verb, arguments, named = json.loads(line)
            print(json.dumps(known[verb](*arguments, **named)), flush=True)


if __name__ == "__main__":
    main()
