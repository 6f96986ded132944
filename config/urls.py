"""Every address of Dosette."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularSwaggerSplitView

from clinical.api.urls import webhooks as clinical_webhooks
from core.admin.autocomplete import autocomplete
from core.api.front_door.index import index
from core.api.schema import schema
from core.web.health import livez, readyz
from desk.lists.pages import above, saved_view
from desk.metrics import metrics
from desk.search.page import search
from identity.access_log.reasons import ask as ask_for_reason
from identity.passwords.invitations import InvitationPage
from identity.passwords.pages import SecondFactorPage
from identity.passwords.views import change_password, login
from identity.sessions.pages import OwnSessions
from identity.sign_in.views import SignOut
from kits.registration.page import registration_page
from notifications.api.unsubscribe import stop
from notifications.api.urls import webhooks as notification_webhooks
from orders.address_page.page import address_page
from shipping.api.urls import webhooks as shipping_webhooks

reference = SpectacularSwaggerSplitView.as_view(template_name="api_docs.html")
API_APPS = ("customers", "orders", "clinical", "shipping", "kits", "notifications", "desk")

urlpatterns = [
    # First, because they come most often, and Django tries one pattern after the other.
    path(
        "api/v1/webhooks/",
        include([*shipping_webhooks, *clinical_webhooks, *notification_webhooks]),
    ),
    *[path("api/v1/", include(f"{app}.api.urls")) for app in API_APPS],
    path("api/v1/", index, name="api_index"),
    path("fhir/", include("clinical.fhir.urls")),
    path("", RedirectView.as_view(pattern_name="admin:index", http_method_names=["get", "head"])),
    path("admin/login/", login),
    path("admin/password_change/", change_password),
    path("admin/logout/", SignOut.as_view()),
    path("admin/second-factor/", SecondFactorPage.as_view(), name="second_factor"),
    path("admin/invitation/", InvitationPage.as_view(), name="invitation"),
    path("admin/sessions/", OwnSessions.as_view(), name="own_sessions"),
    path("admin/reason/", ask_for_reason, name="access_reason"),
    path("admin/lists/", above, name="lists"),
    path("admin/lists/<int:view>/", saved_view, name="saved_view"),
    path("admin/search/", search, name="search"),
    path("admin/autocomplete/", autocomplete, name="autocomplete"),
    path("admin/", admin.site.urls),
    path("oidc/", include("identity.sign_in.urls")),
    path("address/<str:token>/", address_page, name="order_address"),
    path("kit/<str:token>/", registration_page, name="kit_registration"),
    path("stop/<str:token>/", stop, name="unsubscribe"),
    path("api/schema/", schema, name="schema"),
    path("api/docs/", reference, name="docs"),
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]

handler400 = "core.api.errors.bad_request"
handler403 = "core.api.errors.permission_denied"
handler404 = "core.api.errors.not_found"
handler500 = "core.api.errors.server_error"
