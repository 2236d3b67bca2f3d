"""Misbehaviour on request. Each fault is `NAME` or `NAME=ARG`; counted ones wear off by themselves."""

from collections.abc import Iterable, Iterator
from threading import Lock

MEANINGS = {
    "401-midrun": "[=N] the next N calls find their token expired (default 1)",
    "403-country": "=CC  no access to reports and searches of the country, until removed",
    "report-unavailable": "[=N] the next N report orders are refused with ReportUnavailable (default 1)",
    "429": "[=N] the next N calls are over the rate limit (default 1)",
    "500": "[=N] the next N calls fail with an HTML page (default 1)",
    "slow": "=SECONDS each answer waits, until removed",
    "hang": "=SECONDS each call waits and then loses its connection, until removed",
    "truncated": "successful JSON answers are cut in the middle, until removed",
    "no-report": "200 answers to report orders lack their report, until removed",
    "repeat-page": "each page after the first starts with the last row of the one before, until removed",
    "late-events": "new events are dated, and created, 36 hours ago, until removed",
    "duplicate-events": "lists of events hold each of them twice, until removed",
    "down": "connections are closed unanswered, until removed",
}
COUNTED = {"401-midrun", "report-unavailable", "429", "500"}
NEEDS_ARGUMENT = {"403-country", "slow", "hang"}


class Faults:
    """The faults in force. Add and remove from any thread, while the server runs."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._lock = Lock()
        self._active: dict[str, str] = {}
        for text in texts:
            self.add(text)

    def add(self, text: str) -> None:
        """Put `NAME` or `NAME=ARG` in force. Raises ValueError for what is unknown or malformed."""
        name, _, argument = text.partition("=")
        if name not in MEANINGS:
            raise ValueError(f"unknown fault {name!r}; known: {', '.join(MEANINGS)}")
        if name in COUNTED:
            argument = str(int(argument or "1"))
        elif name in {"slow", "hang"}:
            argument = str(float(argument or "nan"))
        if (name in NEEDS_ARGUMENT and argument in {"", "nan"}) or (argument == "0"):
            raise ValueError(f"fault {name!r} needs a value: {name}=…")
        with self._lock:
            self._active[name] = argument

    def remove(self, name: str) -> None:
        """Lift a fault; lifting one that is not in force is fine."""
        with self._lock:
            self._active.pop(name.partition("=")[0], None)

    def clear(self) -> None:
        with self._lock:
            self._active.clear()

    def __contains__(self, name: str) -> bool:
        return name in self._active

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._active))

    def argument(self, name: str) -> str:
        """The argument of a fault in force, else an empty text."""
        return self._active.get(name, "")

    def seconds(self, name: str) -> float:
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
