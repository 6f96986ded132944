"""Addresses below /fhir/: FHIR's own, which end in no slash."""

from django.urls import path, re_path

from clinical.fhir.capability import CapabilityView, SmartConfigurationView
from clinical.fhir.search.catalogue import TYPES
from clinical.fhir.views import NothingHereView, ReadView, SearchByFormView, SearchView

urlpatterns = [
    path("metadata", CapabilityView.as_view()),
    path(".well-known/smart-configuration", SmartConfigurationView.as_view()),
    *[path(kind.name, SearchView.as_view(kind=kind)) for kind in TYPES],
    *[path(f"{kind.name}/_search", SearchByFormView.as_view(kind=kind)) for kind in TYPES],
    *[path(f"{kind.name}/<str:id>", ReadView.as_view(kind=kind)) for kind in TYPES],
    re_path(r"^.*$", NothingHereView.as_view()),
]
