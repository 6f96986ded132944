"""What people type and paste, cleaned: one rule for the API, the admin, CSV files and webhooks.

docs/text.md has the table. Composed letters (NFC), one kind of blank, and nothing that cannot be
seen; what cannot be cleaned without changing what was meant is refused. The ranges are those of
Unicode 16: Default_Ignorable_Code_Point, White_Space, and the fillers that look like blanks.
"""

import re
import unicodedata

import idna
from django.core.exceptions import ValidationError

FAR_TOO_LONG = 20  # times the longest that fits
NOT_ONE_LINE = "Write it on one line, without control characters."
NOT_TEXT = "Leave out the control characters."
TOO_MANY_MARKS = "More than 30 marks stand one behind the other in it. Type it anew."
NO_LETTERS = "A character in it belongs to no writing (private use, U+FFFE). Type it anew."
TURNED_AROUND = "A mark in it turns the writing around (U+202D, U+202E). Type it anew."

_BLANKS = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000\u3164\uffa0"
# Marks that say which way the writing runs: needed by nobody's name, and kept in longer texts.
_DIRECTION = "\u061c\u200e\u200f"
_UNSEEN = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u202a-\u202c\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff0-\ufffb\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
_EMOJI = (
    "\u00a9\u00ae\u203c\u2049\u20e3\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001faff"
)
_IDEOGRAPHS = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# Scripts whose letters join, or stack: Arabic to Mongolian, and those of India and around.
_JOINING = (
    "\u0620-\u074f\u0780-\u07bf\u07ca-\u07fa\u0840-\u0aff\u0b00-\u109f\u1700-\u17b3\u17b6-\u17ff"
    "\u1807\u1820-\u18aa\u1900-\u1cff\ua800-\uabff\U00010a00-\U00011fff\U0001e900-\U0001e95f"
)
_VIRAMAS = (
    "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d3b\u0d3c\u0d4d\u0dca\u0f84\u1039\u103a"
    "\u17d2\u1b44\ua9c0\U00011046\U000110b9\U00011133\U000111c0\U0001134d\U000114c2\U000115bf"
)
# Where a mark that cannot be seen by itself belongs to what is seen: flags and families of emoji,
# variants of ideographs, Persian endings, letters of Indic scripts that are to join or not to.
_MEANT = re.compile(
    "(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{2,6}\U000e007f"
    f"|(?<=[{_EMOJI}\ufe0f])\u200d(?=[{_EMOJI}])"
    f"|(?<=[{_EMOJI}])[\ufe0e\ufe0f]|(?<=[0-9#*])\ufe0f(?=\u20e3)"
    f"|(?<=[{_IDEOGRAPHS}])[\ufe00-\ufe02\U000e0100-\U000e01ef]"
    "|(?<=[\u1820-\u18aa])[\u180b-\u180d\u180f]"
    f"|(?<=[{_JOINING}])[\u200c\u200d](?=[{_JOINING}])|(?<=[{_VIRAMAS}])[\u200c\u200d])"
    f"|[{_UNSEEN}]"
)
# What no category tells: letters and symbols that show nothing.
_FILLERS = dict.fromkeys((0x00AD, 0x034F, 0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0))
# Private use, which each font draws as it likes, and what is no character in any Unicode.
_NO_LETTER = re.compile(
    "[\ue000-\uf8ff\ufdd0-\ufdef\ufffe\uffff\U000f0000-\U0010ffff"
    + "".join(chr(plane << 16 | end) for plane in range(1, 15) for end in (0xFFFE, 0xFFFF))
    + "]"
)
_NO_SIGN = frozenset(("Mn", "Mc", "Me", "Zs", "Zl", "Zp", "Cc", "Cf", "Cn", "Co"))
# What Python's Unicode may not know yet, and is seen all the same.
_NEWER = re.compile(f"[{_EMOJI}{_IDEOGRAPHS}]")
_MARKS = re.compile(f"[{_DIRECTION}]")
_ALL_UNSEEN = re.compile(f"[{_UNSEEN}{_DIRECTION}]")
_BLANK = re.compile(f"[{_BLANKS}]")
_RARE = re.compile(f"[{_UNSEEN}{_BLANKS}\u202d\u202e]")
_RUN = re.compile(" {2,}")
# Marks on a letter, and what decomposes to such alone. To normalise a run of them takes the square
# of its length; UAX 15 (stream-safe text) knows no language that needs more than 30.
_COMBINING = "".join(
    char for char in map(chr, range(0x300, 0x1F000)) if unicodedata.combining(char)
)
_COMBINING = f"[{_COMBINING}\u0f73\u0f75\u0f81\uff9e\uff9f]"
_PILE = re.compile(f"({_COMBINING}{{30}}){_COMBINING}+")
_A_LABEL = "xn--"
_EDGES = " \t\n\v\f\r\x85\u2028\u2029"
_BREAK = re.compile("\r\n|[\r\x85\u2028\u2029]")
# NUL and halves of surrogate pairs are refused where the text is kept, in words of their own.
_CONTROL = re.compile("[\x01-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_IN_PROSE = re.compile("[\x01-\x08\x0b-\x1f\x7f-\x9f]")
_OVERRIDE = re.compile("[\u202d\u202e]")
_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_EDGE_SIGNS = re.compile(r"^[\W_]+|[\W_]+$")
_OURS = re.compile(r"^co-*(?=[0-9])")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def cannot_fit(text: str, longest: int | None) -> bool:
    """Whether no cleaning could make it fit: it is refused by its length, before it is cleaned."""
    return longest is not None and len(text) > FAR_TOO_LONG * longest


def line(text: str) -> str:
    """One line: a name, a line of an address, a subject. Empty when it shows nothing.

    Raises ValidationError for line breaks and control characters inside, and for marks that turn
    the writing around.
    """
    if not text.isascii():
        text = _seen(_MARKS.sub("", text))
        text = text if _shows(text) else ""
    text = _RUN.sub(" ", text.strip(_EDGES))
    _refuse(_CONTROL, text, NOT_ONE_LINE)
    return text


def prose(text: str) -> str:
    """A text of any number of lines, ended by U+000A. Empty when it shows nothing.

    Blanks at the ends stay; the marks of writing from the right stay too. Raises ValidationError
    for control characters but tabs and line breaks, and for marks that turn the writing around.
    """
    text = _BREAK.sub("\n", text)
    if not text.isascii():
        text = _seen(text)
        if not _shows(_MARKS.sub("", text)):
            return ""
    _refuse(_CONTROL_IN_PROSE, text, NOT_TEXT)
    return text


def lenient(text: str) -> str:
    """One line of what cannot be asked for again, such as a header: nothing is refused."""
    kept = (
        _NO_LETTER.sub("", _OVERRIDE.sub("", text))
        .replace("\0", " ")
        .encode(errors="ignore")
        .decode()
    )
    if _PILE.search(_ALL_UNSEEN.sub("", kept)):
        kept = _cut(_ALL_UNSEEN.sub("", kept))
    return line(_CONTROL.sub(" ", _BREAK.sub(" ", kept)))


def header(value: str) -> str:
    """The text of a header that arrived as latin-1 (WSGI): UTF-8 where it is UTF-8."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def token(text: str) -> str:
    """What machines compare and people copy: a number, a code, a key. No mark is meant in it.

    Raises ValidationError as `line` does.
    """
    if not text.isascii():
        text = _ALL_UNSEEN.sub("", text.replace("\u202d", ""))
    return line(text)


def visible(text: str) -> str:
    """What of a text can be seen, blanks at the ends apart; nothing is refused or composed."""
    return _BLANK.sub(" ", _ALL_UNSEEN.sub("", text)).strip()


def holds_unseen(text: str) -> bool:
    """Whether something in it cannot be seen, blanks and line breaks apart."""
    return not text.isascii() and bool(_ALL_UNSEEN.search(text) or _OVERRIDE.search(text))


def phone(text: str) -> str:
    """A phone number as it was dialled or pasted, its hyphens and blanks the common ones."""
    return common_dashes(token(text))


def common_dashes(text: str) -> str:
    """The text with `-` for each of the signs that look so."""
    return text if text.isascii() else _DASHES.sub("-", text)


def code(text: str) -> str:
    """A code or number as it is compared, in common letters and hyphens: nothing is refused."""
    return common_dashes(plain(lenient(text)))


def reference(text: str) -> str:
    """A number or reference of ours (`co-1`), however it was written, signs round it left out:
    nothing is refused."""
    return _OURS.sub("co-", _EDGE_SIGNS.sub("", code(text).replace(" ", "").lower()))


def plain(text: str) -> str:
    """The text in common letters (NFKC), for what is compared by machines: nothing is refused."""
    return text if text.isascii() else unicodedata.normalize("NFKC", _cut(text))


def email(text: str) -> str:
    """An e-mail address, its domain in one spelling: as people read it, by UTS 46.

    RFC 5890, 2.3.2.1: `exämple.de` and `xn--exmple-cua.de` are the same name. What is no address
    comes back as it is, for the validator to refuse. Raises ValidationError as `line` does.
    """
    text = token(text)
    if text.isascii() and _A_LABEL not in text.lower():
        return text
    local, at, domain = text.translate(_FULL_WIDTH).rpartition("@")
    try:
        return local + at + _as_read(domain)
    except idna.IDNAError:
        return text


def readings(text: str) -> list[str]:
    """What a search may mean: as it was typed, its e-mail addresses as they are kept, and with the
    `+` of one that was not escaped, and so arrived as a blank. Nothing is refused."""
    parts = lenient(text).split(" ")
    typed = " ".join(_kept(word) for word in parts)
    before, at, after = typed.partition("@")
    if not at or " " not in before.strip():
        return [typed]
    head, _, tail = before.rpartition(" ")
    return [typed, f"{head}+{tail}@{after}", f"{before.replace(' ', '+')}@{after}"]


def _kept(word: str) -> str:
    return email(word) if "@" in word else word


def spellings(address: str) -> set[str]:
    """The ways in which rows of before may have an e-mail address: as it is, read, and as A-labels.

    Raises ValidationError as `line` does.
    """
    read = email(address)
    local, at, domain = read.rpartition("@")
    try:
        return {address, read, local + at + idna.encode(domain, uts46=True).decode()}
    except idna.IDNAError:
        return {address, read}


def _as_read(domain: str) -> str:
    """A domain in the letters that it stands for. Raises IDNAError for one that cannot be."""
    if _A_LABEL in domain.lower():
        return idna.decode(domain, uts46=True)
    return domain if domain.isascii() else idna.uts46_remap(domain)


def bare(text: str) -> str:
    """A text as it is read, to be compared with words: no case, no marks, nothing unseen."""
    return apart(text).casefold()


def apart(text: str) -> str:
    """A text in common letters without marks and what cannot be seen; its capitals stay."""
    parts = taken_apart(text.translate(_FILLERS))
    return "".join(char for char in parts if unicodedata.category(char) not in ("Mn", "Cf"))


def taken_apart(text: str) -> str:
    """A text in common letters, each mark behind its letter (NFKD)."""
    return unicodedata.normalize("NFKD", _cut(text))


def _seen(text: str) -> str:
    """NFC, without what cannot be seen, with one kind of blank. Raises ValidationError."""
    if _RARE.search(text):
        text = _BLANK.sub(" ", _MEANT.sub(r"\1", text))
        _refuse(_OVERRIDE, text, TURNED_AROUND)
    _refuse(_NO_LETTER, text, NO_LETTERS)
    _refuse(_PILE, text, TOO_MANY_MARKS)
    return unicodedata.normalize("NFC", text)


def _shows(text: str) -> bool:
    """Whether there is a sign in it, and not marks of none, blanks and unassigned ones alone."""
    signs = (char for char in text if unicodedata.category(char) not in _NO_SIGN)
    return next(signs, "") != "" or bool(_NEWER.search(text))


def _cut(text: str) -> str:
    """The text with 30 marks of each run of more: it is normalised at the cost of its length."""
    return _PILE.sub(r"\1", text)


def _refuse(pattern: "re.Pattern[str]", text: str, why: str) -> None:
    if pattern.search(text):
        raise ValidationError(why, code="control_characters")
