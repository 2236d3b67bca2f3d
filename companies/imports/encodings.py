"""From bytes to text, and from a file's first bytes to what it is (domain 6.2)."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from companies.imports.outcome import FileProblem

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
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_FRENCH = frozenset("éèêëàâäçùûüîïôöœÉÈÊËÀÂÄÇÙÛÜÎÏÔÖŒ°€«»’–ß²³ñáíóúÑ\u00a0")
_MOJIBAKE = re.compile(r"Ã[\u0080-\u00bf ]|Ã[€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â‚¬|Â[°\u00a0]")
_CONTROLS = bytes(n for n in range(32) if n not in b"\x00\t\n\f\r\x15\x1a")  # 0x15 ends the lines of EBCDIC
_EBCDIC = bytes([*range(0x81, 0xAA), *range(0xC1, 0xFA)])


@dataclass(frozen=True, slots=True)
class Text:
    """Decoded text; `notes` are codes of what was met: "nul", "ctrl_z", "mojibake"."""

    content: str
    encoding: str
    notes: tuple[str, ...] = ()


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


def decode(data: bytes, encoding: str | None = None) -> Text:
    """Return the text of a delimited file: by its mark, else UTF-8, else Windows or DOS (domain 6.2).

    `encoding` forces one, for a file whose accents come out wrong. Raises FileProblem for what is no text.
    """
    bom = next((name for mark, name in _BOMS if data.startswith(mark)), None)
    name = encoding or bom or _guess(data)
    try:
        content = data.decode(name)
    except (UnicodeDecodeError, LookupError) as exc:
        raise FileProblem(
            "encoding",
            _("The file cannot be read as %(encoding)s.") % {"encoding": name},
            _("Choose another encoding, or save the file as CSV UTF-8."),
        ) from exc
    return _cleaned(content, name)


def repaired(text: str) -> str:
    """Return text that was UTF-8 read as Windows text as it was meant; unchanged when it was not."""
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


def is_mojibake(text: str) -> bool:
    """Say whether text looks like UTF-8 read as Windows text, as in SociÃ©tÃ©."""
    return bool(_MOJIBAKE.search(text))


def _guess(data: bytes) -> str:
    head = data[:4096]
    if head[1::2].count(0) > len(head) // 3:
        return "utf-16-le"
    if head[::2].count(0) > len(head) // 3:
        return "utf-16-be"
    _refuse_binary(data[:200_000])
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return _eight_bits(data)
    return "utf-8"


def _refuse_binary(sample: bytes) -> None:
    if len(sample) - len(sample.translate(None, _CONTROLS)) > max(20, len(sample) // 20):
        raise FileProblem(
            "binary",
            _("The file holds binary data, not text."),
            _("Export the data as CSV or as an Excel workbook (.xlsx)."),
        )


def _eight_bits(data: bytes) -> str:
    """Tell Windows text from DOS text by which of them gives French letters; refuse EBCDIC."""
    sample = data[:200_000]
    if len(sample.translate(None, _EBCDIC)) < 0.7 * len(sample):
        raise FileProblem(
            "ebcdic",
            _("The file seems to be in EBCDIC, the code of the IBM i, transferred without conversion."),
            _("Transfer it again as text with conversion, for example CPYTOIMPF with STMFCCSID(1208)."),
        )
    dos = "cp858" if b"\xd5" in sample else "cp850"
    high = bytes(b for b in sample if b > 0x7F)
    windows_score, dos_score = (_french(high, name) for name in ("cp1252", dos))
    return dos if dos_score > windows_score else "cp1252" if windows_score >= 0 else "iso-8859-15"


def _french(high: bytes, encoding: str) -> int:
    try:
        return sum(1 if c in _FRENCH else -1 for c in high.decode(encoding)) + len(high)
    except UnicodeDecodeError:
        return -1


def _cleaned(content: str, name: str) -> Text:
    """Drop what old systems add to a text."""
    notes = []
    end = content.find("\x1a")
    if end >= 0:
        notes += ["ctrl_z"] if content[end:].strip("\x1a\x00 \r\n\t") else []
        content = content.replace("\x1a", "")
    nuls = content.count("\x00")
    if nuls:
        notes.append("nul")
        content = content.replace("\x00", " ")
    return Text(content.removeprefix("\ufeff"), name, (*notes, *["mojibake"] * is_mojibake(content)))
