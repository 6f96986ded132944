"""Letters that look like Latin ones, read as those: for texts that are compared with words.

Those of other alphabets are of Unicode's confusables (UTS 39), and a few that people draw letters
with (Λ for A). What Unicode itself names after a letter (ᴅ, 🅳, ɡ, ı, ø) is read as that letter.
This comes before letters lose their case: a capital Greek Ν looks like N, the small one like v.
"""

import re
import unicodedata

from core.values.text import apart

_ALIKE = {
    "ɑɩ": "ai",
    # Greek
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧΛΣϹϺϜ": "ABEZHIKMNOPTYXAECMF",
    "αβγεηικνορτυχωϲϳ": "abyenikvoptuxwcj",
    # Cyrillic
    "АВЕЅІЈКМНОРСТУХҮԌԚԜԀҺИЯ": "ABESIJKMHOPCTYXYGQWDHNR",
    "авеѕіјкмнорстухүԍԛԝԁһѵӏ": "abesijkmhopctyxygqwdhvl",
    # Armenian, Cherokee, Lisu, Coptic
    "ՍՏՕաոսցօհ": "USOwnugoh",
    "ᎪᏴᏟᎠᎡᎬᏀᎻᎫᏦᏞᎷᏢᏒᏚᎢᏙᎳᎽᏃ": "ABCDREGHJKLMPRSTVWYZ",
    "ꓐꓑꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ": "BPDTGKJCZFMNLSRVHWXYAEIOU",
    "ⲀⲂⲈⲎⲒⲔⲘⲚⲞⲢⲤⲦⲨⲬ": "ABEHIKMNOPCTYX",
}
# Where names are looked up: Latin beyond its first two blocks, and the enclosed letters.
_NAMED = (
    range(0x00C6, 0x00C7),
    range(0x00D0, 0x00D1),
    range(0x00D8, 0x00D9),
    range(0x00F0, 0x00F1),
    range(0x00F8, 0x00F9),
    range(0x0110, 0x02B0),
    range(0x1D00, 0x1DC0),
    range(0x2C60, 0x2C80),
    range(0xA720, 0xA800),
    range(0xAB30, 0xAB70),
    range(0x1F110, 0x1F200),
)
_NAME = re.compile(
    r"(?:(?:NEGATIVE )?(?:CIRCLED |SQUARED |PARENTHESIZED |CROSSED NEGATIVE SQUARED )?LATIN"
    r"|REGIONAL INDICATOR SYMBOL) (?P<case>SMALL |CAPITAL )?LETTER "
    r"(?:(?:SMALL CAPITAL|DOTLESS|SCRIPT|OPEN|REVERSED|TURNED|LONG|INSULAR|BARRED) )*"
    r"(?P<letter>[A-Z])(?: WITH .+)?"
)


def _named(char: str) -> str:
    """The letter that its name says it is, or nothing."""
    match = _NAME.fullmatch(unicodedata.name(char, ""))
    if not match:
        return ""
    return match["letter"].lower() if match["case"] == "SMALL " else match["letter"]


_TABLE = {
    ord(char): letter for codes in _NAMED for char in map(chr, codes) if (letter := _named(char))
}
_TABLE |= {
    ord(char): letter
    for alphabet, letters in _ALIKE.items()
    for char, letter in zip(alphabet, letters, strict=True)
}


def latin(text: str) -> str:
    """A text as it looks, in Latin letters without marks; its capitals stay."""
    return apart(text).translate(_TABLE)


def tokens(text: str) -> list[str]:
    """Its words as they look, without case; letters that stand apart are one: `D.N.A.`."""
    letters = " ".join(re.findall(r"[^\W_]+", latin(text).casefold()))
    return re.sub(r"(?<!\S)\w(?: \w(?!\S))+", lambda run: run[0].replace(" ", ""), letters).split()
