"""Misbehaviour on request or by plan. Each fault is `NAME` or `NAME=ARG`; counted ones wear off by themselves.

`NAME=ARG@FIRST` begins with that call, `NAME=ARG@FIRST-LAST` ends after that one. Calls are numbered from 1; log-ins
do not count.
"""

import re
from collections.abc import Iterable, Iterator
from threading import Lock
from typing import NamedTuple

MEANINGS = {
    "401-midrun": "[=N] the next N calls find their token expired (default 1)",
    "login-refused": "every log-in is refused, as after a change of password, until removed",
    "403-country": "=CC  no access to reports and searches of the country, until removed",
    "report-unavailable": "[=N] the next N report orders are refused with ReportUnavailable (default 1)",
    "429": "[=N] the next N calls are over the rate limit, without Retry-After (default 1)",
    "500": "[=N] the next N calls fail with an HTML page (default 1)",
    "slow": "=SECONDS each answer waits, until removed",
    "drip": "=SECONDS each answer takes so long to arrive, piece by piece, until removed",
    "hang": "=SECONDS each call waits and then loses its connection, until removed",
    "down": "connections are closed unanswered, until removed",
    "reset": "connections are reset, until removed",
    "truncated": "successful JSON answers are cut in the middle, until removed",
    "wrong-types": "successful JSON answers hold values of other types, until removed",
    "bloat": "=MB successful JSON answers are so many megabytes larger, until removed",
    "no-report": "200 answers to report orders lack their report, until removed",
    "huge-report": "reports have a megabyte, until removed",
    "repeat-page": "each page after the first starts with the last row of the one before, until removed",
    "late-events": "new events are dated, and created, 36 hours ago, until removed",
    "duplicate-events": "lists of events hold each of them twice, until removed",
}
COUNTED = {"401-midrun", "report-unavailable", "429", "500"}
MEASURED = {"slow", "drip", "hang", "bloat"}
NEEDS_ARGUMENT = {"403-country", *MEASURED}
_PLANNED = re.compile(r"(?P<fault>[^@]+)@(?P<first>[1-9]\d*)(?:-(?P<last>[1-9]\d*))?")
_LINE = re.compile(r"(?P<calls>\d+(?:-\d+)?)\s+(?P<fault>\S+)")


class Turn(NamedTuple):
    """What the plan does before a call: put `fault` in force, or lift it."""

    call: int
    begins: bool
    fault: str


def read_plan(text: str) -> list[str]:
    """The faults of a plan: lines `FIRST[-LAST] NAME[=ARG]`, `#` starts a comment. Raises ValueError."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        told = line.partition("#")[0].strip()
        match = _LINE.fullmatch(told)
        if told and not match:
            raise ValueError(f"line {number} of the plan is not `FIRST[-LAST] NAME[=ARG]`: {told}")
        if match:
            found.append(f"{match['fault']}@{match['calls']}")
    return found


class Faults:
    """The faults in force and those planned. Add and remove from any thread, while the server runs."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._lock = Lock()
        self._active: dict[str, str] = {}
        self._turns: list[Turn] = []
        self._calls = 0
        for text in texts:
            self.add(text)

    def add(self, text: str) -> None:
        """Put a fault in force, or into the plan when it has an `@`. Raises ValueError for what makes no sense."""
        if "@" in text:
            self._plan(text)
            return
        name, argument = _checked(text)
        with self._lock:
            self._active[name] = argument

    def _plan(self, text: str) -> None:
        match = _PLANNED.fullmatch(text)
        if not match or (match["last"] and int(match["last"]) < int(match["first"])):
            raise ValueError(f"fault {text!r} is not planned as NAME[=ARG]@FIRST[-LAST]")
        name, _ = _checked(match["fault"])
        turns = [Turn(int(match["first"]), True, match["fault"])]
        if match["last"]:
            turns.append(Turn(int(match["last"]) + 1, False, name))
        with self._lock:
            self._turns = sorted([*self._turns, *turns])

    def count_call(self) -> None:
        """One more call: let the plan take its turns."""
        with self._lock:
            self._calls += 1
            while self._turns and self._turns[0].call <= self._calls:
                turn = self._turns.pop(0)
                if turn.begins:
                    name, argument = _checked(turn.fault)
                    self._active[name] = argument
                else:
                    self._active.pop(turn.fault, None)

    def remove(self, name: str) -> None:
        """Lift a fault; lifting one that is not in force is fine. The plan stays."""
        with self._lock:
            self._active.pop(name.partition("=")[0], None)

    def clear(self) -> None:
        """Lift every fault and drop the plan."""
        with self._lock:
            self._active.clear()
            self._turns.clear()

    def __contains__(self, name: str) -> bool:
        return name in self._active

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._active))

    @property
    def active(self) -> dict[str, str]:
        """The faults in force with their arguments, turns left of counted ones."""
        with self._lock:
            return dict(self._active)

    @property
    def planned(self) -> list[Turn]:
        """The turns that the plan has still to take, soonest first."""
        with self._lock:
            return list(self._turns)

    @property
    def calls(self) -> int:
        return self._calls

    def argument(self, name: str) -> str:
        """The argument of a fault in force, else an empty text."""
        return self._active.get(name, "")

    def measure(self, name: str) -> float:
        """Seconds or megabytes of a fault; 0 when it is not in force."""
        return float(self._active.get(name) or 0)

    def spend(self, name: str) -> bool:
        """Use one turn of a counted fault; False when none is left."""
        with self._lock:
            left = int(self._active.get(name) or 0)
            if left > 1:
                self._active[name] = str(left - 1)
            elif left == 1:
                del self._active[name]
            return left > 0


def _checked(text: str) -> tuple[str, str]:
    """Name and argument of `NAME` or `NAME=ARG`, defaults filled in."""
    name, _, argument = text.partition("=")
    if name not in MEANINGS:
        raise ValueError(f"unknown fault {name!r}; known: {', '.join(MEANINGS)}")
    if name in COUNTED:
        argument = str(int(argument or "1"))
    elif name in MEASURED:
        argument = str(float(argument or "nan"))
    if (name in NEEDS_ARGUMENT and argument in {"", "nan"}) or argument == "0" or argument.startswith("-"):
        raise ValueError(f"fault {name!r} needs a value: {name}=…")
    return name, argument
