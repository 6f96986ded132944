"""Addresses below /oidc/, under the names that mozilla-django-oidc gives them."""

from django.urls import path

from identity.sign_in.views import Begin, Callback, SignOut

urlpatterns = [
    path("authenticate/", Begin.as_view(), name="oidc_authentication_init"),
    path("callback/", Callback.as_view(), name="oidc_authentication_callback"),
    path("logout/", SignOut.as_view(), name="oidc_logout"),
]
