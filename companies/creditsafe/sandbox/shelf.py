"""Reports made once and kept, compressed, until their company or its group changes."""

import json
import zlib
from collections import OrderedDict

from companies.creditsafe.sandbox import reports
from companies.creditsafe.sandbox.directory import Company, Directory

MOST_BYTES = 256 * 1024 * 1024
_Key = tuple[int, str, bool, int]


class Shelf:
    """The report objects as JSON text, the least used leaving first. Its user holds the lock of the world."""

    def __init__(self, directory: Directory, most_bytes: int = MOST_BYTES) -> None:
        self._directory = directory
        self._most = most_bytes
        self._kept: OrderedDict[_Key, bytes] = OrderedDict()
        self._size = 0

    def __len__(self) -> int:
        return len(self._kept)

    def report(self, company: Company, language: str, *, indicators: bool) -> bytes:
        """The `report` of an order, in French or English."""
        spoken = reports.spoken(language)
        # A report shows the relatives of its company too.
        state = company.version + sum(one.version for one in self._directory.group_of(company))
        key = (company.index, spoken, indicators, state)
        packed = self._kept.get(key)
        if packed is not None:
            self._kept.move_to_end(key)
            return zlib.decompress(packed)
        made = reports.sections(company, self._directory, spoken, indicators=indicators)
        text = json.dumps(made, ensure_ascii=False).encode()
        self._keep(key, zlib.compress(text, 1))
        return text

    def _keep(self, key: _Key, packed: bytes) -> None:
        self._kept[key] = packed
        self._size += len(packed)
        while self._size > self._most and len(self._kept) > 1:
            self._size -= len(self._kept.popitem(last=False)[1])
