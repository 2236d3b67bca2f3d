"""kombu's broker in a folder, made safe for readers that are quick: a message appears whole or not at all.

kombu creates a message's file and then writes it. A reader that takes it in between finds it empty, and the worker
stops with "Unrecoverable error". Here the file gets its name when it is complete.
"""

import uuid
from pathlib import Path
from time import monotonic
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):  # type: ignore[misc]  # kombu ships no types
    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        folder = Path(self.data_folder_out)
        part = folder / f"{name}.part"  # readers look for names that end with the queue's
        part.write_text(dumps(payload))
        part.replace(folder / name)


class Transport(filesystem.Transport):  # type: ignore[misc]  # kombu ships no types
    Channel = Channel
