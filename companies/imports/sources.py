"""How one source writes its files, as the parsers need it; what is empty is found in the file (domain 6.1)."""

from dataclasses import dataclass
from functools import cached_property

from companies.choices import FileFormat
from companies.imports.amounts import FRENCH, NumberProfile
from companies.imports.dates import Compact


@dataclass(frozen=True, slots=True)
class Place:
    """Where one of our fields is: under a header, or from a character (the first is 1) over a width."""

    field: str
    header: str = ""
    position: int = 0
    width: int = 0


@dataclass(frozen=True)
class Source:
    """A saved way of reading. Without `places` the columns are found by their synonyms.

    `has_header` False: the columns are named by their number from 1. `record_length` cuts a fixed-width file that has
    no line ends.
    """

    format: FileFormat = FileFormat.DETECT
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_line: int = 0
    has_header: bool = True
    record_length: int = 0
    numbers: NumberProfile = FRENCH
    dates: Compact | None = None
    role: str = ""
    country: str = ""
    currency: str = ""
    places: tuple[Place, ...] = ()

    @cached_property
    def mapping(self) -> dict[str, str]:
        """The header of each field."""
        return {place.field: place.header for place in self.places}


DETECTED = Source()
