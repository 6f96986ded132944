"""What people type and paste, cleaned."""

import re
import sys
import unicodedata

import pytest
from django.core.exceptions import ValidationError
from rest_framework.serializers import ValidationError as DrfError

from core import forms
from core.api import serializers
from core.values import text

SHOWS_NOTHING = "\u200b\u00ad\u2060\u3164\u2800\ufeff\u034f\u115f\u1160\u180e\u00a0\u3000\uffa0"
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


@pytest.mark.parametrize("clean", [text.line, text.prose, text.token, text.phone, text.email])
@pytest.mark.parametrize("char", [*SHOWS_NOTHING, "\u200e", "\U000e0041", "\ufe0f", "\u2066"])
def test_text_that_shows_nothing_is_empty(clean, char):
    assert clean(f" {char}{char} ").strip() == ""


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Zoe\u0301 U\u0308nver", "Zoé Ünver"),
        ("\u1100\u1161\u11a8", "각"),
        ("Ana\u00a0Quill", "Ana Quill"),
        ("森田\u3000花子", "森田 花子"),
        ("  Ana \u2009 Quill\n", "Ana Quill"),
        ("\u200eLroy\u200b Mar\u00adks\ufeff", "Lroy Marks"),
        ("\u2068Ana\u2069 \u202aQuill\u202c", "Ana Quill"),
        ("Máire O’Shea-Byrne", "Máire O’Shea-Byrne"),
        ("Wil\U000e0041liam", "William"),
    ],
)
def test_a_line_is_composed_with_one_kind_of_blank_and_all_of_it_can_be_seen(typed, kept):
    assert text.line(typed) == kept


@pytest.mark.parametrize(
    "meant",
    [
        "می\u200cخواهم",  # a Persian ending that does not join
        "ක්\u200dෂ",  # Sinhala: joined by a virama
        "ന്\u200d",  # a Malayalam chillu as it was written before Unicode 5.1
        "👩\u200d⚕\ufe0f",
        "👨🏽\u200d🦰",
        "❤\ufe0f",
        "1\ufe0f\u20e3",
        "葛\U000e0100城",  # the variant of the ideograph that the family writes
        f"{SCOTLAND}!",
    ],
)
def test_a_mark_that_belongs_to_what_is_seen_stays(meant):
    assert text.line(meant) == text.prose(meant) == meant


@pytest.mark.parametrize("char", ["\n", "\t", "\x07", "\x1b", "\x7f", "\x85", "\u2028", "\u2029"])
def test_a_line_with_a_control_character_inside_is_refused(char):
    with pytest.raises(ValidationError, match="one line"):
        text.line(f"a{char}b")


@pytest.mark.parametrize("clean", [text.line, text.prose])
@pytest.mark.parametrize("char", ["\u202d", "\u202e"])
def test_what_turns_the_writing_around_is_refused_and_the_reason_says_so(clean, char):
    with pytest.raises(ValidationError, match="turns the writing around"):
        clean(f"Ada{char}gnp.exe")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("two\n\n  \tlines ", "two\n\n  \tlines "),
        ("10\u202f000\u00a0KES", "10 000 KES"),
        ("\u200fשלום\u200f Ana", "\u200fשלום\u200f Ana"),
        ("\u200f\u200e", ""),
    ],
)
def test_prose_keeps_its_lines_and_the_marks_of_writing_from_the_right(typed, kept):
    assert text.prose(typed) == kept


def test_prose_refuses_other_control_characters():
    with pytest.raises(ValidationError, match="control characters"):
        text.prose("a\x1b[31mb")


@pytest.mark.parametrize(
    "pasted",
    [
        "\u202a+447451277972\u202c",
        "\u202d+447451277972\u202c",
        "\u2068+44\u00a07451\u2011277972\u2069",
        "+44 7451\u2013277972\u200b",
    ],
)
def test_a_phone_number_pasted_from_contacts_is_plain(pasted):
    kept = text.phone(pasted)
    assert kept.isascii()
    assert kept.replace(" ", "").replace("-", "") == "+447451277972"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("jane@example.com\u200b", "jane@example.com"),
        ("jane@exam\u00adple.com\u202c", "jane@example.com"),
        ("jane@ｅxample.com", "jane@example.com"),
        ("ｊａｎｅ＠ｅｘａｍｐｌｅ．ｃｏｍ", "jane@example.com"),
        ("jane@exa\u0308mple。de", "jane@exämple.de"),
        ("Jane@Example.COM", "Jane@Example.COM"),
        ("no address ü", "no address ü"),
    ],
)
def test_an_email_address_is_what_mail_servers_take(typed, kept):
    assert text.email(typed) == kept


def test_two_spellings_of_one_domain_are_one_address():
    assert text.email("IDN@XN--exmple-cua.DE") == text.email("IDN@Exämple.DE") == "IDN@exämple.de"
    assert text.email("a@straße.de") != text.email("a@strasse.de")
    assert text.email("a@mail.xn--exmple-cua.de") == "a@mail.exämple.de"
    assert text.email("a@xn--.example") == "a@xn--.example"
    assert text.email("a@_.example") == "a@_.example"
    assert text.spellings("a@exämple.de") == {"a@exämple.de", "a@xn--exmple-cua.de"}
    assert text.spellings("a@_.example") == {"a@_.example"}


def test_a_header_in_utf_8_is_read_as_such_and_one_in_latin_1_too():
    assert text.header("Zweitmeinung für Ärztin".encode().decode("latin-1")) == (
        "Zweitmeinung für Ärztin"
    )
    assert text.header("für") == "für"
    assert text.header("второе") == "второе"


def test_lenient_refuses_nothing():
    assert text.lenient("a\n\x00b\u202e c\ud800 \u200b") == "a b c"


def test_no_character_that_cannot_be_seen_is_forgotten():
    """Cf, but for signs of Arabic, Syriac and Kaithi that are drawn round the digits after them."""
    drawn = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
    marks = (chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) == "Cf")
    assert [c for c in marks if not text.holds_unseen(c)] == [chr(c) for c in sorted(drawn)]
    blanks = (chr(c) for c in range(0x80, 0x110000) if unicodedata.category(chr(c)) == "Zs")
    assert [c for c in blanks if text.line(f"a{c}b") != "a b"] == []


@pytest.mark.parametrize("clean", [text.line, text.prose, text.token, text.email, text.phone])
@pytest.mark.parametrize("typed", ["👩\u200d⚕\ufe0f", "a\u00a0\u0301b", "é\u200bx", "ﬁ\u3000ﬀ"])
def test_what_is_clean_stays_as_it_is(clean, typed):
    once = clean(typed)
    assert clean(once) == once


PILE = "\u0315\u0300" * 20_000


@pytest.mark.parametrize("clean", [text.line, text.prose, text.token, text.phone, text.email])
@pytest.mark.parametrize("between", ["", "\u200b", "\u00ad"])
def test_a_pile_of_marks_is_refused_before_it_is_normalised(clean, between):
    """To normalise it takes the square of its length: seconds, here."""
    with pytest.raises(ValidationError, match="30 marks"):
        clean(f"a{between.join(PILE)}")


@pytest.mark.parametrize("between", ["", "\u200b", "\u00ad"])
def test_where_nothing_is_refused_a_pile_of_marks_is_cut(between):
    typed = f"a{between.join(PILE)}b"
    for clean in (text.lenient, text.reference, text.plain, text.bare):
        kept = clean(typed)
        longest = max(map(len, re.findall(r"[\u0300\u0315]+", kept)), default=0)
        assert longest <= 30
        assert kept[0] + kept[-1] in ("ab", "àb")


def test_each_sign_that_is_sorted_when_text_is_normalised_counts_as_a_mark():
    signs = map(chr, range(sys.maxunicode + 1))
    sorted_ = [c for c in signs if unicodedata.combining(unicodedata.normalize("NFKD", c)[0])]
    assert len(sorted_) > 900
    assert [c for c in sorted_ if text.plain(f"a{c * 31}") != text.plain(f"a{c * 30}")] == []


def test_thirty_marks_are_taken():
    assert text.line("a" + "\u0323" * 30) == "ạ" + "\u0323" * 29


@pytest.mark.parametrize(
    "field", [forms.CharField(max_length=24), serializers.CharField(max_length=24)]
)
def test_what_cannot_fit_is_refused_by_its_length_before_it_is_cleaned(field):
    clean = getattr(field, "run_validation", field.clean)
    with pytest.raises((ValidationError, DrfError), match="24"):
        clean("\x07" * 24 * 21)


NO_LETTERS = [
    "\ue000",
    "\uf8ff",
    "\ufdd0",
    "\ufffe",
    "\uffff",
    "\U0001fffe",
    "\U000f0000",
    "\U0010ffff",
]


@pytest.mark.parametrize("clean", [text.line, text.prose, text.token, text.email])
@pytest.mark.parametrize("char", NO_LETTERS)
def test_private_use_and_what_is_no_character_is_refused_wherever_it_stands(clean, char):
    for typed in (char, f"Ada {char}", f"{char}ada@mail.example"):
        with pytest.raises(ValidationError, match="belongs to no writing"):
            clean(typed)
    assert text.lenient(f"Ada {char}Byte") == "Ada Byte"


@pytest.mark.parametrize("clean", [text.line, text.prose, text.token])
@pytest.mark.parametrize(
    "typed",
    ["\u0378", "\U00016fe4", "\u0301", "\u20dd \u0301\u3000", "\u0903", "\u0378\u200b\u0301"],
)
def test_marks_on_no_letter_and_unassigned_characters_alone_show_nothing(clean, typed):
    assert clean(typed) == ""


def test_what_is_newer_than_our_unicode_is_seen():
    for newer in ("\U0001fae8", "\U00031350", "a\u0378"):
        assert text.line(newer) == text.prose(newer) == newer
