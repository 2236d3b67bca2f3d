"""Run the sandbox: `python -m companies.creditsafe.sandbox`."""

import argparse
import signal
import sys
from pathlib import Path
from threading import Event

from companies.creditsafe.sandbox.box import Sandbox
from companies.creditsafe.sandbox.directory import DEFAULT_COMPANIES, DEFAULT_SEED, GIANT
from companies.creditsafe.sandbox.faults import MEANINGS, read_plan

_MORE = f"""plans:
  `--fault NAME=ARG@FIRST-LAST` has a fault from call FIRST until after call LAST, `@FIRST` to the end; calls are
  numbered from 1 and log-ins do not count. A plan file holds lines `FIRST[-LAST] NAME[=ARG]`; # starts a comment.

while it runs, from another program:
  GET, POST {{"add": [...], "remove": [...]}} and DELETE /sandbox/faults; GET /sandbox/orders and /sandbox/companies;
  POST {{"count": N}} /sandbox/events. No token; these calls are neither counted nor spoilt.

The company at place {GIANT} of the directory, from 0, is British, and its report has a megabyte.
Not served: the bank match of /localSolutions, offline reports, data cleaning, news, KYC."""


def _parser() -> argparse.ArgumentParser:
    faults = "\n".join(f"  {name:<20}{meaning}" for name, meaning in MEANINGS.items())
    parser = argparse.ArgumentParser(
        prog="python -m companies.creditsafe.sandbox",
        description="A local Creditsafe Connect with invented companies.\n"
        "Any user name with the password `sandbox` is let in.",
        epilog=f"faults:\n{faults}\n\n{_MORE}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=8100, help="port on 127.0.0.1; 0 takes a free one (default 8100)")
    parser.add_argument(
        "--companies", type=int, default=DEFAULT_COMPANIES, help=f"how many exist (default {DEFAULT_COMPANIES})"
    )
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help=f"which ones they are (default {DEFAULT_SEED})")
    parser.add_argument(
        "--token-life", type=float, default=3600, metavar="SECONDS", help="life of a token (default 3600)"
    )
    parser.add_argument(
        "--event-rate", type=float, default=0, metavar="PER_MINUTE", help="events on watched companies (default 0)"
    )
    parser.add_argument(
        "--rate", type=int, metavar="N", help="calls allowed in one minute, then 429 (default: no limit)"
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[=ARG][@FIRST[-LAST]]",
        help="misbehave, see below; repeatable",
    )
    parser.add_argument("--plan", type=Path, metavar="FILE", help="misbehave by a plan, see below")
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="keep portfolios, rules, events and changes over restarts"
    )
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; 2 when an option cannot be used."""
    parser = _parser()
    given = parser.parse_args(arguments)
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        planned = read_plan(given.plan.read_text(encoding="utf-8")) if given.plan else []
        box = Sandbox(
            companies=given.companies, seed=given.seed, port=given.port, token_life=given.token_life,
            event_rate=given.event_rate, faults=[*given.fault, *planned], rate=given.rate, state=given.state,
        )  # fmt: skip
        with box:
            print(f"Creditsafe Connect sandbox on {box.url} with {given.companies} companies", flush=True)
            stop.wait()
    except (ValueError, OSError) as error:
        parser.error(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
