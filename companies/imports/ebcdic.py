"""The two EBCDIC tables of France that Python lacks: CCSID 297, and 1147 which has the euro (domain 6.1)."""

import codecs
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer  # collections.abc has it from Python 3.12 on

_FRENCH = {
    0x44: "@", 0x48: "\\", 0x4A: "°", 0x4F: "!", 0x51: "{", 0x54: "}", 0x5A: "§", 0x5F: "^", 0x6A: "ù", 0x79: "µ",
    0x7B: "£", 0x7C: "à", 0x90: "[", 0xA0: "`", 0xA1: "¨", 0xB0: "¢", 0xB1: "#", 0xB5: "]", 0xBA: "¬", 0xBB: "|",
    0xBD: "~", 0xC0: "é", 0xD0: "è", 0xDD: "¦", 0xE0: "ç",
}  # fmt: skip
_BASES = {"cp297": "cp037", "cp1147": "cp1140"}  # the tables of North America, from which France's differ as above


def _table(base: str) -> str:
    return "".join(_FRENCH.get(n, character) for n, character in enumerate(bytes(range(256)).decode(base)))


def _codec(name: str, table: str) -> codecs.CodecInfo:
    encoding = codecs.charmap_build(table)

    def encode(text: str, errors: str = "strict") -> tuple[bytes, int]:
        return codecs.charmap_encode(text, errors, encoding)

    def decode(data: "Buffer", errors: str = "strict") -> tuple[str, int]:
        return codecs.charmap_decode(bytes(data), errors, table)

    class Encoder(codecs.IncrementalEncoder):
        def encode(self, input: str, final: bool = False) -> bytes:
            return encode(input, self.errors)[0]

    class Decoder(codecs.IncrementalDecoder):
        def decode(self, input: "Buffer", final: bool = False) -> str:
            return decode(input, self.errors)[0]

    return codecs.CodecInfo(encode, decode, name=name, incrementalencoder=Encoder, incrementaldecoder=Decoder)


_CODECS = {name: _codec(name, _table(base)) for name, base in _BASES.items()}
codecs.register(_CODECS.get)
NAMES = tuple(_CODECS)
