"""Dosette's addresses, and the empty endpoint that the others are compared with."""

from django.db import connection
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.urls import *
from config.urls import urlpatterns


class EmptyView(APIView):
    """An authenticated DRF view that does nothing but ask the database for 1."""

    read_scopes = ("orders:read",)

    def get(self, request: Request) -> Response:
        """The 1."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            row = cursor.fetchone()
        return Response({"one": row[0]})


urlpatterns = [*urlpatterns, path("bench/empty/", EmptyView.as_view())]
