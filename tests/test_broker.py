"""The broker of the embedded mode: no message is lost, doubled or read before it is whole."""

from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection
from kombu.transport import filesystem

import riskportal.celery  # noqa: F401  (registers the transport)


def connection(folder: Path) -> Connection:
    parts = {name: folder / name for name in ("queue", "control", "processed")}
    for part in parts.values():
        part.mkdir(exist_ok=True)
    options = {
        "data_folder_in": parts["queue"],
        "data_folder_out": parts["queue"],
        "control_folder": parts["control"],
        "processed_folder": parts["processed"],
        "store_processed": True,
    }
    return Connection("filesystem://localhost", transport_options=options)


def test_the_project_uses_the_safe_transport(tmp_path):
    channel = connection(tmp_path).channel()
    assert type(channel).__module__ == "riskportal.broker"
    assert isinstance(channel, filesystem.Channel)


def test_a_message_is_never_seen_before_it_is_whole(tmp_path):
    channel = connection(tmp_path).channel()
    seen: list[str] = []

    class Payload:
        def __json__(self) -> str:  # called while the message is being written
            seen.extend(path.name for path in (tmp_path / "queue").glob("*.msg"))
            return "whole"

    channel._put("work", Payload())
    assert seen == []
    assert channel._get("work") == "whole"


def test_a_message_half_written_is_passed_over(tmp_path):
    channel = connection(tmp_path).channel()
    (tmp_path / "queue" / "1_x.work.msg.part").write_text('{"half')
    with pytest.raises(Empty):
        channel._get("work")


def test_messages_come_out_once(tmp_path):
    channel = connection(tmp_path).channel()
    for n in range(20):
        channel._put("work", n)
    assert sorted(channel._get("work") for _ in range(20)) == list(range(20))
    with pytest.raises(Empty):
        channel._get("work")
