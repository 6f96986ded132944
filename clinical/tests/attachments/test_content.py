"""What a file is, is told by its content."""

import io

import pytest
from django.core.exceptions import ValidationError

from clinical.attachments.content import kind_of, name_of
from clinical.models import AttachmentKind
from clinical.tests.attachments.samples import HTML, JPEG, PDF, PNG
from clinical.tests.factories import PatientFactory


@pytest.mark.parametrize(("content", "kind"), [(PDF, "PDF"), (PNG, "PNG"), (JPEG, "JPEG")])
def test_each_kind_is_known_by_its_content(content, kind):
    assert kind_of(io.BytesIO(content), PatientFactory.build()) == kind


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (HTML, "an HTML page"),
        (b"  \n<html>", "an HTML page"),
        (b"", "an empty file"),
        (b"GIF89a" + b"\0" * 40, "image/gif"),
        (b"PK\x03\x04" + b"\0" * 40, "type application"),
        (b"MZ" + b"\0" * 60, "type"),
        (b"just text", "no known type"),
        (b"\0" * 128 + b"DICX", "type"),
    ],
)
def test_anything_else_is_refused_and_named(content, said):
    with pytest.raises(ValidationError) as refused:
        kind_of(io.BytesIO(content), PatientFactory.build())
    [text] = refused.value.message_dict["file"]
    assert said in text
    assert "Send PDF, PNG, JPEG or DICOM" in text


@pytest.mark.parametrize("content", [PDF, PNG, JPEG])
def test_a_part_of_a_file_is_refused(content):
    with pytest.raises(ValidationError, match="not whole"):
        kind_of(io.BytesIO(content[:-8]), PatientFactory.build())


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("report.pdf", "report.pdf"),
        ("REPORT.PDF", "REPORT.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\scans\\knee.pdf", "knee.pdf"),
        ("page.html", "page.html.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "a Set-Cookie x.pdf"),
        ("", "file.pdf"),
        ("...", "file.pdf"),
        (".pdf", "file.pdf"),
        ("\u202egpj.pdf", "gpj.pdf"),
        ("Befund Müller.pdf.pdf", "Befund Müller.pdf"),
        ("x" * 300 + ".pdf", "x" * 96 + ".pdf"),
    ],
)
def test_a_name_has_no_folders_nor_tricks_and_the_ending_of_its_kind(given, kept):
    assert name_of(given, AttachmentKind.PDF) == kept
