"""The sandbox as an object: for tests, the launcher and the command line."""

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from threading import Event, Thread
from types import TracebackType
from typing import Self

from companies.creditsafe.sandbox import decisions, events, state, wire
from companies.creditsafe.sandbox.directory import DEFAULT_COMPANIES, DEFAULT_SEED, Company, Directory
from companies.creditsafe.sandbox.faults import Faults
from companies.creditsafe.sandbox.server import Gate, Server
from companies.creditsafe.sandbox.world import World

SAVE_INTERVAL = 1.0
_SAME = "=the same"  # no limit is written so


class Sandbox:
    """A Creditsafe Connect on this machine, running between `with` and its end.

    `faults` are in force from the start, or planned: `NAME[=ARG]@FIRST[-LAST]`; `sandbox.faults` takes more of them.
    `token_life` in seconds, `event_rate` in events per minute, `rate` in calls per minute (None: no limit).
    `state` names a file that keeps portfolios, rules, events, orders and changed companies over restarts.
    """

    def __init__(
        self, *, companies: int = DEFAULT_COMPANIES, seed: int = DEFAULT_SEED, port: int = 0, token_life: float = 3600,
        event_rate: float = 0, faults: Iterable[str] = (), rate: int | None = None, state: Path | str | None = None,
    ) -> None:  # fmt: skip
        self.faults = Faults(faults)
        self._world = World(Directory(companies, seed), self.faults, seed=seed, engine=decisions.first_engine())
        self._gate = Gate(self._world, token_life=token_life, rate=rate)
        self._port, self._event_rate = port, event_rate
        self._state = Path(state) if state is not None else None
        self._saved = 0
        self._stop = Event()
        self._threads: list[Thread] = []
        self._server: Server | None = None

    @property
    def url(self) -> str:
        """Base URL with the version, as the client's setting wants it. Only while running."""
        assert self._server is not None, "the sandbox is not running"  # noqa: S101 - misuse by a programmer
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def directory(self) -> list[Company]:
        return self._world.directory.companies

    @property
    def requests(self) -> list[tuple[str, str, int]]:
        """(method, path without /v1 and query, status) of the latest calls, oldest first."""
        return list(self._gate.log)

    @property
    def orders(self) -> Counter[str]:
        """How many 200 reports were billed, by connectId."""
        return self._world.orders

    def __enter__(self) -> Self:
        if self._state:
            state.load(self._world, self._state)
            self._saved = self._world.version
        self._server = Server(("127.0.0.1", self._port), self._gate)
        self._start(self._server.serve_forever, 0.02)
        if self._state:
            self._start(self._keep)
        if self._event_rate > 0:
            self._start(self._happen)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Close every connection, end the threads, write the state."""
        self._stop.set()
        self._gate.stopping.set()
        if self._server:
            self._server.shutdown()
            self._server.close_all()
            self._server.server_close()
        for thread in self._threads:
            thread.join(5)
        self._save()

    def emit(self, count: int = 1) -> int:
        """Make events happen now to watched companies under active rules; return how many could be made."""
        with self._world.lock:
            return events.emit(self._world, count)

    def change(
        self, connect_id: str, *, score: int | str | None = _SAME, credit_limit: int | str = _SAME, failed: bool = False
    ) -> int:
        """Change a company now and notify; return the number of events that the active rules let through.

        Rule 101 tells of changes of band, not of every score. `failed` opens a judicial recovery: score 0, limit "0".
        """
        with self._world.lock:
            company = self._world.company(connect_id)
            change: dict[str, object] = {"id": company.connect_id, "day": str(wire.now().date())}
            if failed:
                return events.commit(self._world, change | {"kind": "failure", "judgment": "RJ", "closes": False})
            standing = company.standing
            new_score = standing.score if score == _SAME else score
            limit = standing.limit if credit_limit == _SAME else str(credit_limit)
            return events.commit(self._world, change | {"kind": "opinion", "score": new_score, "limit": limit})

    def _start(self, target: Callable[..., object], *args: object) -> None:
        thread = Thread(target=target, args=args, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _keep(self) -> None:
        while not self._stop.wait(SAVE_INTERVAL):
            self._save()

    def _save(self) -> None:
        if self._state and self._world.version != self._saved:
            self._saved = self._world.version
            state.save(self._world, self._state)

    def _happen(self) -> None:
        rng = Random()
        while not self._stop.wait(rng.expovariate(self._event_rate / 60)):
            self.emit(1)
