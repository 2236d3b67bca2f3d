"""What outlives a restart: portfolios, rules, notifications, orders, and every change of a company."""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from companies.creditsafe.sandbox import changes
from companies.creditsafe.sandbox.world import Engine, Notification, Portfolio, Run, Setting, Watched, World

FORMAT = 1


class StateError(ValueError):
    """The state file cannot be used."""


def dump(world: World) -> dict[str, Any]:
    """The whole state as JSON can hold it."""
    return {
        "format": FORMAT,
        "seed": world.seed,
        "next": [world.next_portfolio, world.next_event, world.next_notification],
        "portfolios": [asdict(one) for one in world.portfolios.values()],
        "notifications": [asdict(one) for one in world.notifications],
        "mutations": world.mutations,
        "orders": dict(world.orders),
        "people orders": dict(world.people_orders),
        "runs": [asdict(one) for one in world.runs],
        "engine": asdict(world.engine),
    }


def _portfolio(kept: dict[str, Any], known: set[str]) -> Portfolio:
    portfolio = Portfolio(**kept)
    portfolio.watched = {any_id: Watched(**entry) for any_id, entry in kept["watched"].items() if any_id in known}
    portfolio.rules = {
        country: {int(code): Setting(**setting) for code, setting in rules.items()}
        for country, rules in kept["rules"].items()
    }
    return portfolio


def restore(world: World, kept: dict[str, Any]) -> None:
    """Put a dumped state into a fresh world; what concerns companies it does not have is dropped."""
    if kept.get("format") != FORMAT or kept.get("seed") != world.seed:
        raise StateError("it was written by another version or for another --seed: move it away or use that seed")
    known = set(world.directory.by_id)
    world.mutations = [change for change in kept["mutations"] if change["id"] in known]
    for change in world.mutations:
        changes.apply(world.directory, change)
    world.portfolios = {one["number"]: _portfolio(one, known) for one in kept["portfolios"]}
    world.notifications = [Notification(**one) for one in kept["notifications"] if one["company_id"] in known]
    world.orders.update({any_id: count for any_id, count in kept["orders"].items() if any_id in known})
    # Files written before the decision engine had a memory lack these three.
    world.people_orders.update(kept.get("people orders", {}))
    world.runs = [Run(**one) for one in kept.get("runs", [])]
    if "engine" in kept:
        world.engine = Engine(**kept["engine"])
    world.next_portfolio, world.next_event, world.next_notification = kept["next"]


def load(world: World, path: Path) -> None:
    """Restore from a file if it exists. Raises StateError when it is damaged or of another directory."""
    if not path.exists():
        return
    try:
        restore(world, json.loads(path.read_text(encoding="utf-8")))
    except StateError as error:
        raise StateError(f"{path}: {error}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateError(f"{path}: not a state file of the sandbox ({error})") from error


def save(world: World, path: Path) -> None:
    """Write the state beside the file and rename it, so that a reader never sees half of it."""
    with world.lock:
        text = json.dumps(dump(world))
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8"
    ) as part:
        part.write(text)
    Path(part.name).replace(path)
