"""Language tags, and which language is tried when one has no words (BCP 47)."""

import pytest
from django.core.exceptions import ValidationError

from customers.values.languages import canonical, chain, default_language, validate_language


@pytest.mark.parametrize(
    ("tag", "usual"),
    [
        ("en", "en"),
        ("EN", "en"),
        ("pt-br", "pt-BR"),
        ("PT-BR", "pt-BR"),
        ("ZH-HANT-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("swh", "swh"),
        (" sw\n", "sw"),
    ],
)
def test_a_tag_is_written_in_its_usual_letters(tag, usual):
    assert canonical(tag) == usual
    assert canonical(usual) == usual


@pytest.mark.parametrize(
    "tag",
    [
        "",
        "e",
        "english",
        "en_GB",
        "en-",
        "-en",
        "en--GB",
        "en-GB-x",
        "12",
        "en-G1",
        "ёж",
        "en-US-u-hc-h12",
        "x" * 5000,
    ],
)
def test_what_is_no_tag_is_refused(tag):
    with pytest.raises(ValidationError, match="BCP 47"):
        validate_language(tag)


@pytest.mark.parametrize(
    ("default", "tag", "tried"),
    [
        ("en", "pt-BR", ["pt-BR", "pt", "en"]),
        ("en", "zh-Hant-TW", ["zh-Hant-TW", "zh-Hant", "zh", "en"]),
        ("sw", "fr", ["fr", "sw", "en"]),
        ("sw-KE", "", ["sw-KE", "sw", "en"]),
        ("en", "en", ["en"]),
        ("en-GB", "en", ["en", "en-GB"]),
        ("pt", "pt-BR", ["pt-BR", "pt", "en"]),
    ],
)
def test_languages_are_tried_from_the_nearest_to_english_each_once(settings, default, tag, tried):
    settings.DEFAULT_LANGUAGE = default
    assert chain(tag) == tried
    assert default_language() == default
