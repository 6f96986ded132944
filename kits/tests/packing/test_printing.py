"""What is printed is read back: by a reader of codes, from the picture of the page."""

import pypdfium2
import pytest
import zxingcpp

from kits.packing import printing
from kits.registration.link import url_of_kit
from kits.tests.factories import order_of_kits, stocked_kit

pytestmark = pytest.mark.django_db


def read_back(pdf: bytes) -> list[list[tuple[str, str]]]:
    """Of each page the codes on it: kind and text."""
    pages = [page.render(scale=4).to_pil() for page in pypdfium2.PdfDocument(pdf)]
    return [
        sorted((code.format.name, code.text) for code in zxingcpp.read_barcodes(page))
        for page in pages
    ]


def both(text: str) -> list[tuple[str, str]]:
    return [("Code128", text), ("QRCode", text)]


def test_each_kit_has_a_page_with_its_serial_in_bars_and_the_link_to_register_it():
    kits = [stocked_kit() for _ in range(40)]  # check symbols of all kinds are among them
    assert {kit.serial[-1] for kit in kits} & set("*~$=U")
    assert read_back(printing.kit_labels(kits)) == [
        [("Code128", kit.serial), ("QRCode", url_of_kit(kit))] for kit in kits
    ]


def test_the_slip_of_an_order_has_its_number_and_what_begins_anew():
    order = order_of_kits()
    assert read_back(printing.order_slip(order)) == [both(str(order.number)), both("NEW")]


def test_nobody_reads_the_kit_type_on_a_label():
    text = pypdfium2.PdfDocument(printing.kit_labels([stocked_kit("paternity")]))[0]
    words = text.get_textpage().get_text_bounded()
    assert "Lot L1" in words
    assert "paternity" not in words
