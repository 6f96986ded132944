"""The packing bench, and labels to print: pages of the list of kits."""

from dataclasses import asdict, fields
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from unfold.decorators import action

from identity.actors import actor_of
from kits.models import Kit
from kits.packing import bench as packing
from kits.packing import printing
from orders.models import Order
from shipping.admin.read_only import MOST_AT_ONCE, ReadOnlyAdmin

MAY_PACK = "kits.change_kit"
SO_FAR = {
    "order": "Order",
    "kit": "Kit",
    "return_label": "Return label",
    "outbound_label": "Parcel label",
}


class BenchAdmin(ReadOnlyAdmin):
    """A button above the list of kits, and an action that prints labels."""

    actions = ["print_labels"]

    def has_bench_permission(self, request: HttpRequest) -> bool:
        """Whether this person packs."""
        return request.user.has_perm(MAY_PACK)

    def has_print_labels_permission(self, request: HttpRequest) -> bool:
        """Whoever packs prints."""
        return self.has_bench_permission(request)

    @action(
        description="Packing bench",
        icon="package_2",
        permissions=["bench"],
        url_path="bench",
    )
    def bench(self, request: HttpRequest) -> HttpResponse:
        """The bench; a POST is a scan. Raises PermissionDenied for who does not pack."""
        if not self.has_bench_permission(request):
            raise PermissionDenied
        bench = packing.Bench()
        feedback = packing.Feedback(bench, "next", packing.next_step(bench))
        if request.method == "POST":
            feedback = packing.scan(
                _on_page(request), _given(request, "scan"), by=actor_of(request)
            )
        context = self.admin_site.each_context(request) | {
            "title": "Packing bench",
            "opts": self.opts,
            "feedback": feedback,
            "next": packing.next_step(feedback.bench),
            "fields": asdict(feedback.bench).items(),
            "so_far": [(SO_FAR[name], v) for name, v in asdict(feedback.bench).items()],
            "draws_something_new": True,
        }
        return TemplateResponse(request, "admin/kits/bench.html", context)

    @action(description="Print labels", permissions=["print_labels"])
    def print_labels(self, request: HttpRequest, kits: QuerySet[Kit]) -> HttpResponse:
        """Labels of the selected kits, as a PDF."""
        return _pdf(printing.kit_labels(kits.select_related("lot")[:MOST_AT_ONCE]), "kits")


@action(
    description="Print the slip", icon="print", url_path="print-slip", permissions=["print_slip"]
)
def print_slip(admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """The slip of an order, as a PDF: what is scanned first at the bench."""
    return _pdf(printing.order_slip(get_object_or_404(Order, pk=object_id)), "slip")


def may_print_slip(admin: Any, request: HttpRequest, object_id: Any = None) -> bool:
    """Whether this person packs, and the order holds a kit."""
    order = Order.objects.filter(pk=object_id).first() if object_id else None
    return request.user.has_perm(MAY_PACK) and (order is None or bool(order.kit_type))


def _on_page(request: HttpRequest) -> packing.Bench:
    return packing.Bench(**{f.name: _given(request, f.name) for f in fields(packing.Bench)})


def _given(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "")[: packing.LONGEST].replace("\0", "")


def _pdf(body: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return HttpResponse(body, content_type="application/pdf", headers=headers)
