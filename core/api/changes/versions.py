"""`ETag` and `If-Match` (RFC 9110, 8.8.3 and 13.1.1): nobody overwrites what they have not seen.

The detail of a record answers with an `ETag`, of its version and of all that it shows. A PUT, PATCH
or DELETE that brings one is done if it is still that of the record, and else refused with 412.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.utils.http import parse_etags
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from core.bases import MixinBase

HEADER = "If-Match"
WRITES = ("PUT", "PATCH", "DELETE")
PARAMETER = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    description="The `ETag` of the record as you read it: 412 when it was changed meanwhile.",
)


class ChangedMeanwhileError(APIException):
    """412: the record is not what the caller has read."""

    status_code = 412
    default_code = "changed_meanwhile"
    default_detail = (
        "This was changed after you read it, and nothing was done. GET it again, look at what "
        "became of it, and send your change with its new ETag."
    )


def etag(version: int, body: Any) -> str:
    """That of a record of this version which is shown so: other records below it count too."""
    text = json.dumps(body, sort_keys=True, cls=JSONEncoder)
    return f'"{version}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"'


class TaggedMixin(MixinBase):
    """For views that show a record with its tag, and do what writes it within `if_match`.

    Of a record without a version what it shows makes the tag.
    """

    takes_if_match = True

    def shown(self) -> tuple[int, Any]:
        """The record of the address as it is now: its version, and what a GET shows of it."""
        view: Any = self
        action, view.action = view.action, "retrieve"
        try:
            row = view.get_object()
            body = view.row_json(row) if isinstance(row, dict) else view.get_serializer(row).data
        finally:
            view.action = action
        version = row.get("version") if isinstance(row, dict) else getattr(row, "version", None)
        return version or 0, body

    def lock_shown(self) -> None:
        """Let nobody change the record of the address until the transaction ends."""
        view: Any = self
        rows = view.queryset.model._default_manager.select_for_update(of=("self",), no_key=True)
        rows.filter(pk=view.get_object().pk).first()

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The record, with its tag."""
        version, body = self.shown()
        return Response(body, headers={"ETag": etag(version, body)})

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """The answer; to a change by who sends tags with the new one."""
        is_changed = request.method in ("PUT", "PATCH") and response.status_code == 200
        if is_changed and HEADER in request.headers:
            response.headers["ETag"] = etag(*self.shown())
        return super().finalize_response(request, response, *args, **kwargs)


class VersionedMixin(TaggedMixin):
    """For views of records with a version. Comes before those that read and write."""

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change it, if it is what the caller has read."""
        with if_match(self, request):
            answer: Response = super().update(request, *args, **kwargs)
            return answer

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Delete it, if it is what the caller has read."""
        with if_match(self, request):
            answer: Response = super().destroy(request, *args, **kwargs)
            return answer


@contextmanager
def if_match(view: TaggedMixin, request: Request) -> Iterator[None]:
    """In here the record is what the caller has read, if they said what that was.

    Raises ChangedMeanwhileError where it is not, Http404 where there is none.
    """
    sent = request.headers.get(HEADER)
    if sent is None:
        yield
        return
    tags = parse_etags(sent)
    if not tags:
        text = "Send the ETag as it came, in its quotes, or *."
        raise ValidationError({HEADER: text}, code="invalid_etag")
    with transaction.atomic():
        view.lock_shown()
        # Compared strongly: a weak tag, W/"…", names no version for certain.
        if tags != ["*"] and etag(*view.shown()) not in tags:
            raise ChangedMeanwhileError
        yield
