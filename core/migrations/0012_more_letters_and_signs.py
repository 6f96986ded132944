"""More letters are folded, and a search passes over the signs round and between words.

The functions are replaced where they are: whoever searches meanwhile finds a name with one of these
letters again when its index is built anew (`customers.0008`, `clinical.0006`, `orders.0007`).
"""

from importlib import import_module
from typing import Any

from django.db import migrations

before: Any = import_module("core.migrations.0010_folded_text")

# Letters with hooks and bars, and those of IPA that names are written in: Hausa, Ewe, Azeri, Sámi.
LATIN = {
    "a": "ɑⱭɐⱯɒⱰⱥȺ",
    "b": "ɓƁƀɃ",
    "c": "ƈƇȼȻ",
    "d": "ɗƊɖƉƌƋ",
    "e": "əƏɛƐǝƎɜꞫɇɆ",
    "f": "ƒƑ",
    "g": "ɣƔɠƓǥǤɡꞬ",
    "h": "ɦꞪɥꞍⱨⱧ",
    "i": "ɨƗɩƖɪꞮ",
    "j": "ɉɈ",
    "k": "ƙƘⱪⱩĸ",
    "l": "ƚȽɫⱢɬꞭⱡⱠ",
    "m": "ɱⱮ",
    "n": "ŋŊɲƝƞȠ",
    "o": "ɔƆɵƟ",
    "p": "ƥƤᵽⱣ",
    "q": "ɋɊ",
    "r": "ɍɌɽⱤʀƦ",
    "s": "ʃƩʂꟅȿⱾ",
    "t": "ƭƬʈƮⱦȾ",
    "u": "ʉɄɯƜʊƱ",
    "v": "ʋƲʌɅ",
    "w": "ⱳⱲ",
    "y": "ƴƳɏɎ",
    "z": "ʒƷƶƵȥȤⱬⱫɀⱿ",
}
# Of Ukrainian, Kazakh and their neighbours, who would come behind the Russian alphabet's last.
CYRILLIC = {
    "г": "ґҐғҒ",
    "д": "ђЂ",
    "е": "єЄ",
    "ж": "җҖ",
    "и": "іІ",
    "к": "қҚҝҜ",
    "л": "љЉ",
    "н": "ңҢњЊӊӉ",
    "о": "өӨ",
    "у": "үҮұҰ",
    "х": "ҳҲһҺ",
    "ч": "ҷҶ",
    "э": "әӘ",
}
LETTERS = {
    letter: plain
    for table in (LATIN, CYRILLIC)
    for plain, letters in table.items()
    for letter in letters
}
# To look for ranges first is four times as fast as to look for each letter.
THERE = r"\u0138\u014a\u014b\u0180-\u02af\u0400-\u052f\u2c60-\u2c7f\ua7a0-\ua7cf"
_known = before._fold(before.LETTERS)
_signs, _plain = before._escaped("".join(LETTERS)), before._escaped("".join(LETTERS.values()))
FOLD = before.FOLD.replace(
    _known,
    f"{_known} IF t ~ '[{THERE}]' THEN t := translate(t, E'{_signs}', E'{_plain}'); END IF;",
)

# Signs that part words, after NFKD; those within addresses and codes (@ . - _ +) do not.
SIGNS = (
    r"!-*,/:-?\u005b-\u005e`{-~\u00a1-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u00d7\u00f7"
    r"\u055a-\u055f\u0589\u058a\u05be\u05c0\u05c3\u05f3\u05f4\u060c\u060d\u061b\u061e\u061f"
    r"\u066a-\u066d\u06d4\u0964\u0965\u0e4f\u0e5a\u0e5b\u1360-\u1368\u1680\u2010-\u206f\u20a0-\u20cf"
    r"\u2190-\u23ff\u2500-\u2bff\u2e00-\u2e7f\u3001-\u3004\u3008-\u3020\u3030\u303d-\u303f\u30fb"
    r"\ufe10-\ufe1f\ufe30-\ufe6b\U0001f000-\U0001faff"
)
# Each word begins one of a row's: as it was typed, or what is left of it without signs, each part.
# What is signs alone is asked for only where nothing else is.
QUERY = f"""{FOLD}
    RETURN (
        SELECT COALESCE(
            string_agg(wanted, ' & ') FILTER (WHERE parts <> '{{}}'), string_agg(wanted, ' & ')
        )::tsquery
        FROM unnest(string_to_array(translate(t, '''', ''), ' ')) AS typed,
            LATERAL (SELECT left(btrim(typed, '.-_'), 500) AS word) AS words,
            LATERAL (SELECT ARRAY(
                SELECT bare FROM regexp_split_to_table(ltrim(word, '@+'), '[{SIGNS}]+') AS part,
                    LATERAL (SELECT btrim(part, '.-_') AS bare) AS bares
                WHERE translate(bare, '@.-_+', '') <> ''
            ) AS parts) AS split,
            LATERAL (SELECT '''' || replace(word, '\\', '\\\\') || ''':*' AS whole) AS quoted,
            LATERAL (SELECT CASE WHEN parts IN ('{{}}', ARRAY[word]) THEN whole
                ELSE '(' || whole || ' | ('''
                    || array_to_string(parts, ''':* & ''') || ''':*))' END AS wanted) AS w
        WHERE word <> ''
    );"""


# A row's words, too, are parted at such signs: `Hash#tagged` is found by `tagged`.
PARTED = "translate(t, parted"
PARTED_AT_SIGNS = f"translate(regexp_replace(t, '[{SIGNS}]+', ' ', 'g'), parted"


def _replaced(functions: dict[str, str]) -> list[str]:
    return [before._create(*each).replace("CREATE", "CREATE OR REPLACE") for each in functions.items()]


FUNCTIONS = {
    name: body.replace(before.FOLD, FOLD).replace(PARTED, PARTED_AT_SIGNS)
    for name, body in before.FUNCTIONS.items()
} | {"search_query(t text) RETURNS tsquery": QUERY}


class Migration(migrations.Migration):
    dependencies = [("core", "0011_scopes_of_answers")]

    operations = [
        migrations.RunSQL(*both)
        for both in zip(_replaced(FUNCTIONS), _replaced(before.FUNCTIONS), strict=True)
    ]
