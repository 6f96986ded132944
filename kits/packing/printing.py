"""Labels as PDF, in Code 128 (ISO/IEC 15417) and QR (ISO/IEC 18004), for printers of labels.

A page is 62 by 29 mm, a common roll.
"""

import io
from collections.abc import Iterable

import segno
from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from kits.models import Kit
from kits.packing.bench import NEW
from orders.models import Order

PAGE = (62 * mm, 29 * mm)
MARGIN = 3 * mm
QR_SIDE = 16 * mm


def kit_labels(kits: Iterable[Kit]) -> bytes:
    """A page for each kit: its serial in both codes, its lot and last day.

    Not its type: what is on the box is read by everybody who sees it.
    """
    return _pages(
        (kit.serial, f"Lot {kit.lot.number} · until {kit.lot.expires_on:%Y-%m-%d}") for kit in kits
    )


def order_slip(order: Order) -> bytes:
    """A page with the order's number, and one with what is scanned to begin anew."""
    return _pages([(str(order.number), "Order"), (NEW, "Begin anew")])


def _pages(labels: Iterable[tuple[str, str]]) -> bytes:
    """The PDF; `labels` are pairs of what is in the codes, and the line below."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=PAGE)
    canvas.setTitle("Labels")
    for code, line in labels:
        _draw(canvas, code, line)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def _draw(canvas: Canvas, code: str, line: str) -> None:
    width, height = PAGE
    bars = Code128(code, barHeight=11 * mm, barWidth=0.25 * mm, quiet=0)
    bars.drawOn(canvas, MARGIN, height - MARGIN - 11 * mm)
    canvas.setFont("Courier-Bold", 11)
    canvas.drawString(MARGIN, height - 18.5 * mm, code)
    canvas.setFont("Helvetica", 7)
    canvas.drawString(MARGIN, MARGIN, line)
    _draw_qr(canvas, code, width - MARGIN - QR_SIDE, MARGIN)


def _draw_qr(canvas: Canvas, code: str, left: float, bottom: float) -> None:
    matrix = segno.make(code, error="m", micro=False).matrix
    side = QR_SIDE / len(matrix)
    for number, row in enumerate(reversed(matrix)):
        for column, is_dark in enumerate(row):
            if is_dark:
                x, y = left + column * side, bottom + number * side
                canvas.rect(x, y, side, side, stroke=0, fill=1)
