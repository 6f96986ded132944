"""Three endpoints to try callers on."""

from typing import Any

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class Probe(APIView):
    """Says who asks, and what they may."""

    read_scopes: tuple[str, ...] = ("orders:read",)
    write_scopes: tuple[str, ...] = ("orders:write",)

    def get(self, request: Any) -> Response:
        """Who it is."""
        return Response({"actor": request.user.actor, "scopes": sorted(request.auth.scopes)})

    def post(self, request: Request) -> Response:
        """The same, for writers."""
        return self.get(request)


class Forgetful(Probe):
    """Names no scopes."""

    read_scopes = ()
    write_scopes = ()


class Open(Probe):
    """Asks nobody who they are: what an answer costs without a token check."""

    authentication_classes = ()
    permission_classes = ()

    def get(self, request: Any) -> Response:
        """The same size of answer."""
        return Response({"actor": "client:test", "scopes": ["orders:read"]})


urlpatterns = [
    path("probe/", Probe.as_view()),
    path("forgetful/", Forgetful.as_view()),
    path("open/", Open.as_view()),
]
