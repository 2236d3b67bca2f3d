"""Letters for a page that has Western ones only: other alphabets are spelled in them, so that a name can be read."""

import unicodedata

from companies import formats

_SPELLED = {
    "–": "-",
    "—": "-",
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
    "…": "...",
    "−": "-",
    formats.THIN: " ",
    "€": "EUR",
    "œ": "oe",
    "Œ": "OE",
    "ł": "l",
    "đ": "d",
    "ı": "i",
    **dict(zip("абвгдезийклмнопрстуфыэёіґ", "abvgdezijklmnoprstufyeeig", strict=True)),
    "ж": "zh",
    "х": "kh",
    "ц": "ts",
    "ч": "ch",
    "ш": "sh",
    "щ": "shch",
    "ъ": "",
    "ь": "",
    "ю": "yu",
    "я": "ya",
    "ї": "yi",
    "є": "ye",
    "ђ": "dj",
    "љ": "lj",
    "њ": "nj",
    "ћ": "c",
    "џ": "dz",
    "ј": "j",
    **dict(zip("αβγδεζηικλμνξοπρσςτυφω", "avgdeziiklmnxoprsstyfo", strict=True)),
    "θ": "th",
    "χ": "ch",
    "ψ": "ps",
}


def is_western(text: str) -> bool:
    """Whether the standard fonts of every PDF reader have all letters of a text, some signs spelled."""
    return all(letter in formats.THIN + "–—’‘“”…−€" or _known(letter) for letter in text)


def western(text: str) -> str:
    """A text in Western letters: "Škoda" loses its accent, "Ελλάς" reads "Ellas"; what cannot be spelled is "?"."""
    return "".join(_spelled(letter) for letter in unicodedata.normalize("NFC", text))


def _spelled(letter: str) -> str:
    small, base = letter.lower(), unicodedata.normalize("NFKD", letter)[0]
    for one in (small, base.lower()):
        if one in _SPELLED:
            spelled = _SPELLED[one]
            return spelled if letter == small else spelled.capitalize()
    if _known(letter):
        return letter
    return base if _known(base) else "?"


def _known(letter: str) -> bool:
    return bool(letter.encode("latin-1", "ignore"))
