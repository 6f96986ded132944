"""Functions that fold text for search and order: docs/decisions on folded text.

They are immutable, so that indexes can hold what they give, and stand alone: PostgreSQL builds
indexes with an empty search path, where one of ours would not find another.
"""

from django.db import migrations

# Signs that are typed in many ways, each for the common one; what only parts words, for a blank.
APOSTROPHES = "´‘’‛′ʹʻʼʽ՚׳ꞌ＇·‧`"
DASHES = "‐‑‒–—―⁃−־﹘﹣－"
PARTING = '"(),;<>[]{}/“”„‟‚«»‹›、。،・\u1160\u2800\u1680\t\n\v\f\r\x85'
# Letters that Unicode does not take apart, and the last letter of Greek words.
LETTERS = dict(zip("ıłŁøØđĐðÐħĦŧŦς", "illooddddhhttσ", strict=True))
PAIRS = {"ß": "ss", "ẞ": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "þ": "th", "Þ": "th"}
# Accents and points over and under letters, Arabic and Hebrew vowels, what cannot be seen.
MARKS = (
    r"\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a"
    r"\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff"
    r"\u20d0-\u20ff\ufe20-\ufe2f\u00ad\u061c\u115f\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    r"\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d159"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)


def _escaped(text: str) -> str:
    return "".join(f"\\u{ord(char):04x}" for char in text)


def _fold(table: dict[str, str]) -> str:
    """Exchange these signs where there are any: to look first is ten times as fast."""
    signs, plain = _escaped("".join(table)), _escaped("".join(table.values()))
    return f"IF t ~ '[{signs}]' THEN t := translate(t, E'{signs}', E'{plain}'); END IF;"


SIGNS = dict.fromkeys(APOSTROPHES, "'") | dict.fromkeys(DASHES, "-")
BLANKS = dict.fromkeys(PARTING, " ")
ASCII_SIGNS = {sign: plain for sign, plain in (SIGNS | BLANKS).items() if sign.isascii()}
PAIRED = "t"
for letter, pair in PAIRS.items():
    PAIRED = f"replace({PAIRED}, E'{_escaped(letter)}', '{pair}')"

# PL/pgSQL: folds the variable t. Text in ASCII alone, as most is, takes the short way.
FOLD = f"""
    IF octet_length(t) > char_length(t) THEN
        {_fold(SIGNS)}
        t := regexp_replace(normalize(t, NFKD), '[{MARKS}]+', '', 'g');
        {_fold(BLANKS)}
        {_fold(LETTERS)}
        t := {PAIRED};
    END IF;
    {_fold(ASCII_SIGNS)}
    t := lower(t);
"""

FUNCTIONS = {
    "fold_text(t text) RETURNS text": f"{FOLD} RETURN t;",
    # At most 100 characters: an entry of an index has its limit.
    "sort_key(t text) RETURNS text": f"""{FOLD}
        t := translate(t, '''', '');
        IF t LIKE '%  %' OR t LIKE ' %' THEN
            t := ltrim(regexp_replace(t, ' +', ' ', 'g'));
        END IF;
        RETURN left(t, 100);""",
    # The words as they stand, parted at the @, and parted at each of these signs.
    "search_vector(t text, parted text) RETURNS tsvector": f"""{FOLD}
        t := translate(t, '''', '') || ' '
            || CASE WHEN t LIKE '%@%' THEN translate(t, '@''', ' ') || ' ' ELSE '' END
            || translate(t, parted || '''', repeat(' ', length(parted) + 1));
        IF octet_length(t) > 2000 THEN  -- the limit of one word of a tsvector
            RETURN array_to_tsvector(ARRAY(
                SELECT left(word, 500) FROM unnest(string_to_array(t, ' ')) AS word
                WHERE word <> ''
            ));
        END IF;
        RETURN array_to_tsvector(array_remove(string_to_array(t, ' '), ''));""",
    # Each word begins one of a row's; NULL, which matches nothing, when there is none.
    "search_query(t text) RETURNS tsquery": f"""{FOLD}
        RETURN (
            SELECT string_agg('''' || replace(word, '\\', '\\\\') || ''':*', ' & ')::tsquery
            FROM unnest(string_to_array(translate(t, '''', ''), ' ')) AS typed,
                LATERAL (SELECT left(btrim(typed, '.-_'), 500) AS word) AS words
            WHERE word <> ''
        );""",
}


def _create(signature: str, body: str) -> str:
    return (
        f"CREATE FUNCTION {signature} LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE "
        f"AS $function$ BEGIN {body} END $function$"
    )


def _drop(signature: str) -> str:
    return f"DROP FUNCTION {signature.partition(' RETURNS')[0]}"


class Migration(migrations.Migration):
    dependencies = [("core", "0009_work_that_fails")]

    operations = [
        migrations.RunSQL(_create(*function), _drop(function[0])) for function in FUNCTIONS.items()
    ]
