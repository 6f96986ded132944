"""Labels as PDF, in Code 128 (ISO/IEC 15417) and QR (ISO/IEC 18004), for printers of labels.

A page is 62 by 29 mm, a common roll.
"""

import io
from collections.abc import Iterable
from typing import NamedTuple

import segno
from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from kits.models import Kit
from kits.packing.bench import NEW
from kits.registration.link import url_of_kit
from orders.models import Order

PAGE = (62 * mm, 29 * mm)
MARGIN = 3 * mm
QR_SIDE = 16 * mm


class Label(NamedTuple):
    """What is in bars and below them, the line at the foot, and what the QR code leads to; without
    a link it holds the code."""

    code: str
    line: str
    link: str = ""


def kit_labels(kits: Iterable[Kit]) -> bytes:
    """A page for each kit: its serial in bars, its lot and last day, and a QR code that leads to
    the page where its person registers it. The bench takes either code.

    Not its type: what is on the box is read by everybody who sees it.
    """
    return _pages(
        Label(
            kit.serial,
            f"Lot {kit.lot.number} · until {kit.lot.expires_on:%Y-%m-%d}",
            url_of_kit(kit),
        )
        for kit in kits
    )


def order_slip(order: Order) -> bytes:
    """A page with the order's number, and one with what is scanned to begin anew."""
    return _pages([Label(str(order.number), "Order"), Label(NEW, "Begin anew")])


def _pages(labels: Iterable[Label]) -> bytes:
    """The PDF."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=PAGE)
    canvas.setTitle("Labels")
    for label in labels:
        _draw(canvas, label)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def _draw(canvas: Canvas, label: Label) -> None:
    width, height = PAGE
    bars = Code128(label.code, barHeight=11 * mm, barWidth=0.25 * mm, quiet=0)
    bars.drawOn(canvas, MARGIN, height - MARGIN - 11 * mm)
    canvas.setFont("Courier-Bold", 11)
    canvas.drawString(MARGIN, height - 18.5 * mm, label.code)
    canvas.setFont("Helvetica", 7)
    canvas.drawString(MARGIN, MARGIN, label.line)
    _draw_qr(canvas, label.link or label.code, width - MARGIN - QR_SIDE, MARGIN)


def _draw_qr(canvas: Canvas, text: str, left: float, bottom: float) -> None:
    matrix = segno.make(text, error="m", micro=False).matrix
    side = QR_SIDE / len(matrix)
    for number, row in enumerate(reversed(matrix)):
        for column, is_dark in enumerate(row):
            if is_dark:
                x, y = left + column * side, bottom + number * side
                canvas.rect(x, y, side, side, stroke=0, fill=1)
