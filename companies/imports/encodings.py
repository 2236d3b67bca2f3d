"""From bytes to text, and from a file's first bytes to what it is (domain 6.2)."""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from companies.imports import ebcdic
from companies.imports.outcome import FileProblem
from companies.texts import text as _

Opener = Callable[[], IO[bytes]]
"""Opens a file anew at each call, so that it can be read in several passes without being kept."""

ENCODINGS = (
    "utf-8", "cp1252", "iso-8859-15", "cp850", "cp858", "mac_roman", "utf-16", "cp037", "cp500", "cp1140",
    *ebcdic.NAMES,
)  # fmt: skip
_HEAD = 200_000
_BLOCK = 1 << 16

_MAGIC = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"{\\rtf", "RTF"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf", "7-Zip"),
    (b"Rar!", "RAR"),
    (b"PAR1", "Parquet"),
    (b"SQLite format 3", "SQLite"),
)
_MARKED = frozenset({"", "utf-8", "utf-8-sig", "utf-16"})
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_FRENCH = frozenset("éèêëàâäçùûüîïôöœÉÈÊËÀÂÄÇÙÛÜÎÏÔÖŒ°€«»’–ß²³ñáíóúÑ\u00a0")
_MOJIBAKE = re.compile(r"Ã[\u0080-\u00bf ]|Ã[€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â‚¬|Â[°\u00a0]")
_CONTROLS = bytes(n for n in range(32) if n not in b"\x00\t\n\f\r\x15\x1a")  # 0x15 ends the lines of EBCDIC
_EBCDIC = bytes([*range(0x81, 0xAA), *range(0xC1, 0xFA)])


@dataclass(frozen=True, slots=True)
class Text:
    """A file read as text, again at each pass; `notes` are codes of what was met: "nul", "ctrl_z", "mojibake"."""

    source: Opener
    encoding: str
    notes: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """Yield the lines, each with its end as a line feed, without what old systems add to a text."""
        rest = ""
        for block in _blocks(self.source, self.encoding):
            *lines, rest = (rest + _cleaned(block)).split("\n")
            for line in lines:
                yield line + "\n"
        if rest:
            yield rest

    def records(self, length: int) -> Iterator[str]:
        """Yield records of so many characters, for a file without line ends; its lines if it has some."""
        if any("\n" in _cleaned(block) for block in _blocks(self.source, self.encoding)):
            yield from self.lines()
            return
        rest = ""
        for block in _blocks(self.source, self.encoding):
            rest += _cleaned(block)
            whole = len(rest) - len(rest) % length
            yield from (rest[start : start + length] for start in range(0, whole, length))
            rest = rest[whole:]
        if rest.strip():
            yield rest


def opener(data: bytes | Opener) -> Opener:
    """Return how to open what may be given as bytes."""
    return (lambda: io.BytesIO(data)) if isinstance(data, bytes) else data


def refuse_other_types(data: bytes) -> None:
    """Raise FileProblem for a file that is neither text nor a workbook, told by its first bytes, not its name."""
    if not data.strip(b"\x00\x1a \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise FileProblem("empty", _("The file is empty."), _("Export it again, with its header line."))
    for magic, name in _MAGIC:
        if data.startswith(magic):
            raise FileProblem(
                "wrong_type",
                _("This is a %(type)s file, not a table.") % {"type": name},
                _("Export the data as CSV or as an Excel workbook (.xlsx)."),
            )
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise _old_office(data)
    if re.match(rb"\s*(?:<!doctype html|<html|<\?xml|<table)", data[:200].removeprefix(b"\xef\xbb\xbf"), re.IGNORECASE):
        raise FileProblem(
            "markup",
            _("This is a web page or an XML file, even if its name says otherwise."),
            _("Open it in Excel and save it as a workbook (.xlsx), or export it as CSV."),
        )


def _old_office(data: bytes) -> FileProblem:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return FileProblem(
            "encrypted",
            _("The workbook is protected by a password."),
            _("Open it in Excel, remove the password (File, Info, Protect Workbook) and save it again."),
        )
    return FileProblem(
        "xls",
        _("This is an old Office file (.xls or .doc), which is not read here."),
        _("Open it in Excel and save it as a workbook (.xlsx), or as CSV."),
    )


def decode(source: Opener, encoding: str = "") -> Text:
    """Return a file as text: by its mark, else UTF-8, else Windows or DOS (domain 6.2).

    `encoding` forces one, for a file whose accents come out wrong. Raises FileProblem for what is no text.
    """
    with source() as raw:
        head = raw.read(_HEAD)
    bom = next((name for mark, name in _BOMS if head.startswith(mark)), None)
    name = (bom if bom and encoding in _MARKED else encoding) or bom or _guess(head, source)
    try:
        return Text(source, name, tuple(_notes(source, name)))
    except (UnicodeError, LookupError) as exc:
        raise FileProblem(
            "encoding",
            _("The file cannot be read as %(encoding)s.") % {"encoding": name},
            _("Choose another encoding, or save the file as CSV UTF-8."),
        ) from exc


def _blocks(source: Opener, encoding: str) -> Iterator[str]:
    with source() as raw, io.TextIOWrapper(raw, encoding, newline=None) as text:
        while block := text.read(_BLOCK):
            yield block


def _cleaned(block: str) -> str:
    """Drop what old systems add to a text; a form feed and the line end of EBCDIC end a line."""
    for mark, instead in (("\f", "\n"), ("\x85", "\n"), ("\x00", " "), ("\x1a", ""), ("\ufeff", "")):
        if mark in block:
            block = block.replace(mark, instead)
    return block


def _notes(source: Opener, encoding: str) -> Iterator[str]:
    """Read a whole file once, so that what cannot be decoded is known at the start; yield what is odd in it."""
    found, ended, tail = set(), False, ""
    for block in _blocks(source, encoding):
        if ended and block.strip("\x1a\x00 \n"):
            found.add("ctrl_z")
        if "\x1a" in block:
            ended = True
            found |= {"ctrl_z"} if block[block.index("\x1a") :].strip("\x1a\x00 \n\t") else set()
        if "\x00" in block:
            found.add("nul")
        if not block.isascii() and is_mojibake(tail + block):
            found.add("mojibake")
        tail = block[-2:]
    yield from sorted(found)


def repaired(text: str) -> str:
    """Return text that was UTF-8 read as Windows text as it was meant; unchanged when it was not."""
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


def is_mojibake(text: str) -> bool:
    """Say whether text looks like UTF-8 read as Windows text, as in SociÃ©tÃ©."""
    return bool(_MOJIBAKE.search(text))


def _guess(data: bytes, source: Opener) -> str:
    """Return the encoding of a file from its first bytes, and from all of them for UTF-8."""
    head = data[:4096]
    if head[1::2].count(0) > len(head) // 3:
        return "utf-16-le"
    if head[::2].count(0) > len(head) // 3:
        return "utf-16-be"
    _refuse_binary(data)
    try:
        for _block in _blocks(source, "utf-8"):
            pass
    except UnicodeDecodeError:
        return _eight_bits(data, source)
    return "utf-8"


def _refuse_binary(sample: bytes) -> None:
    if len(sample) - len(sample.translate(None, _CONTROLS)) > max(20, len(sample) // 20):
        raise FileProblem(
            "binary",
            _("The file holds binary data, not text."),
            _("Export the data as CSV or as an Excel workbook (.xlsx)."),
        )


def _eight_bits(sample: bytes, source: Opener) -> str:
    """Tell Windows text from DOS text by which of them gives French letters; refuse EBCDIC."""
    if len(sample.translate(None, _EBCDIC)) < 0.7 * len(sample):
        raise FileProblem(
            "ebcdic",
            _("The file seems to be in EBCDIC, the code of the IBM i, transferred without conversion."),
            _(
                "Choose an import profile with the encoding cp1147 or cp297, or transfer the file again as text with "
                "conversion, for example CPYTOIMPF with STMFCCSID(1208)."
            ),
        )
    dos = "cp858" if b"\xd5" in sample else "cp850"
    high = bytes(b for b in sample if b > 0x7F) or _later_high(source)
    windows_score, dos_score = (_french(high, name) for name in ("cp1252", dos))
    return dos if dos_score > windows_score else "cp1252" if windows_score >= 0 else "iso-8859-15"


def _later_high(source: Opener) -> bytes:
    """Return bytes above 127 of a file that has none at its beginning."""
    with source() as raw:
        while block := raw.read(_HEAD):
            high = bytes(b for b in block if b > 0x7F)
            if high:
                return high
    return b""


def _french(high: bytes, encoding: str) -> int:
    try:
        return sum(1 if c in _FRENCH else -1 for c in high.decode(encoding)) + len(high)
    except UnicodeDecodeError:
        return -1
