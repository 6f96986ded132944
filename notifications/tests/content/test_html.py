"""E-mail in HTML: what is taken is sent as it was typed, and text never becomes markup."""

import pytest
from django.core.exceptions import ValidationError

from notifications.content.html import check_html, escaped, from_text, page


def refusal(html: str) -> str:
    with pytest.raises(ValidationError) as caught:
        check_html(html)
    return caught.value.messages[0]


@pytest.mark.parametrize(
    "html",
    [
        "",
        "plain words, 1 &lt; 2 &amp; so on",
        "<p>Hi <b>{user_name}</b></p>",
        '<p align="center" style="color: #333; margin: 0">Hi</p>',
        '<a href="https://dosette.example/a?b=1&amp;c=2">here</a>',
        '<a href="mailto:us@dosette.example">us</a> <a href="tel:+254704590344">call</a>',
        '<a href="{tracking_url}">where it is</a> <a href="{unsubscribe_url}">stop</a>',
        "<table><tr><th>a</th></tr><tr><td>b</td></tr></table>",
        "<h1>a</h1><h2>b</h2><h3>c</h3><blockquote>d</blockquote><hr>",
        "<p>Grüße, 你好, مرحبا 👋</p>",
    ],
)
def test_what_only_shows_something_is_taken(html):
    check_html(html)


@pytest.mark.parametrize(
    ("html", "named"),
    [
        ("<script>x</script>", "<script>"),
        ("<iframe src='https://a.example'></iframe>", "<iframe>"),
        ("<form><input></form>", "<form>"),
        ("<img src=https://a.example/1.gif>", "<img>"),
        ("<link rel=stylesheet href=https://a.example>", "<link>"),
        ("<style>p{}</style>", "<style>"),
        ("<p onmouseover=x()>a</p>", "onmouseover"),
        ("<p class=a>a</p>", "class"),
        ("<p id=a>a</p>", "id"),
        ('<a href="javascript:x()">a</a>', "javascript:x()"),
        ('<a href=" javascript:x()">a</a>', "javascript:x()"),
        ('<a href="JaVaScRiPt:x()">a</a>', "JaVaScRiPt"),
        ('<a href="data:text/html,x">a</a>', "data:text/html"),
        ('<a href="http://plain.example">a</a>', "http://plain.example"),
        ('<a href="//a.example">a</a>', "//a.example"),
        ('<a href="/admin/">a</a>', "/admin/"),
        ('<p style="background: url(//a.example)">a</p>', "style"),
        ('<p style="width: expression(x())">a</p>', "style"),
        ('<p style="@import x">a</p>', "style"),
        ('<p style="color: \\75rl(x)">a</p>', "style"),
        ("<!-- note -->", "a comment"),
    ],
)
def test_what_could_run_load_or_hide_something_is_refused_by_name(html, named):
    assert named in refusal(html)


def test_a_refusal_repeats_no_more_than_a_line_of_it():
    assert len(refusal(f'<p onclick="{"x" * 10_000}">a</p>')) < 700


def test_the_refusal_says_what_may_stand_there():
    said = refusal("<marquee>a</marquee>")
    assert "<marquee>" in said
    assert "blockquote" in said
    assert "https://" in said


@pytest.mark.parametrize("value", ["<b>", '"><script>', "' onclick='x", "a & b", "</p>"])
def test_a_value_is_text_wherever_it_is_filled_in(value):
    check_html(f'<p>{escaped(value)}</p><a href="https://a.example/{escaped(value)}">a</a>')
    assert not set("<>\"'") & set(escaped(value))


def test_text_becomes_paragraphs_and_its_markup_stays_text():
    html = from_text("  Dear Ada,\n\nyour <b>parcel</b> & more\nis here  ")
    assert html == "<p>Dear Ada,</p>\n\n<p>your &lt;b&gt;parcel&lt;/b&gt; &amp; more<br>is here</p>"


def test_addresses_in_a_text_become_links_that_lead_there_and_nowhere_else():
    html = from_text("See https://t.example/p%2Fq?id=1&region=KE&notify=2. Or javascript:alert(1)")
    assert 'href="https://t.example/p%2Fq?id=1&amp;region=KE&amp;notify=2"' in html
    assert 'href="javascript' not in html
    check_html(html)


def test_a_name_is_no_link():
    assert "href" not in from_text("Dear Win at evil.example.com/x or ada@evil.example.com,")


def test_a_link_cannot_be_broken_out_of():
    html = from_text('https://a.example/"onmouseover="x() <https://b.example/>')
    assert 'onmouseover="' not in html


def test_the_page_holds_the_body_in_its_language():
    html = page("<p>Habari</p>", language="sw")
    assert "<p>Habari</p>" in html
    assert 'lang="sw"' in html


def test_the_page_has_a_link_to_stop_only_where_there_is_one():
    assert "https://a.example/stop/x/" in page("a", unsubscribe="https://a.example/stop/x/")
    assert "<a " not in page("a")


def test_a_link_to_stop_is_text_too():
    assert '"><script>' not in page("a", unsubscribe='https://a.example/"><script>')


def test_a_page_loads_nothing():
    html = page("<p>a</p>", unsubscribe="https://a.example/stop/x/")
    for sign in ("<script", "<img", "<link", "url(", "@import", "http://"):
        assert sign not in html
