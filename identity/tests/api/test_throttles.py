"""How much a caller may ask: per client when it is known, per address when it is not."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from core.web import rate_limits
from identity.tests.factories import ServiceClientFactory
from identity.tests.issuer import shared_issuer

pytestmark = pytest.mark.django_db
ORDERS = "/api/v1/orders/"


@pytest.fixture(autouse=True)
def rates(settings):
    """Low ones, counted from nothing."""
    settings.REDIS_URL = ""
    settings.RATE_CLIENT, settings.RATE_ADDRESS = "3/h", "4/h"
    rate_limits.forget()
    yield
    rate_limits.forget()


def test_a_client_is_told_what_is_left_and_then_to_wait(api):
    client = api("orders:read")
    answers = [client.get(ORDERS) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["RateLimit-Policy"] == '"client";q=3;w=3600'
    assert answers[0].headers["RateLimit"].startswith('"client";r=2;t=')
    assert "Retry-After" not in answers[2].headers
    assert 0 < int(answers[3].headers["Retry-After"]) <= 3600
    assert answers[3].json()["errors"][0]["code"] == "throttled"
    assert answers[3].json()["type"] == "client_error"


def test_clients_do_not_use_up_each_others(api):
    client = api("orders:read")
    for _ in range(4):
        client.get(ORDERS)
    ServiceClientFactory(client_id="another")
    token = shared_issuer().sign(scope="orders:read", sub="another", client_id="another")
    assert APIClient().get(ORDERS, HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 200


def test_who_is_not_let_in_is_turned_away_by_address():
    statuses = [APIClient().get(ORDERS, REMOTE_ADDR="192.0.2.1").status_code for _ in range(6)]
    assert statuses == [401] * 4 + [429] * 2
    assert APIClient().get(ORDERS, REMOTE_ADDR="192.0.2.2").status_code == 401


def test_a_flood_from_an_address_shuts_out_no_valid_token_from_there(api):
    client = api("orders:read")
    flood: Any = {"HTTP_AUTHORIZATION": "Bearer nonsense"}
    statuses = [APIClient().get(ORDERS, **flood).status_code for _ in range(6)]
    assert statuses == [401] * 4 + [429] * 2
    assert client.get(ORDERS).status_code == 200


def test_one_line_of_ipv6_is_one_address():
    statuses = [
        APIClient().get(ORDERS, REMOTE_ADDR=f"2001:db8:0:1::{n}").status_code for n in range(1, 6)
    ]
    assert statuses == [401] * 4 + [429]
    assert APIClient().get(ORDERS, REMOTE_ADDR="2001:db8:0:2::1").status_code == 401


def test_behind_proxies_it_is_the_callers_address(settings):
    settings.TRUSTED_PROXIES = 1
    for number in range(6):
        told: Any = {"HTTP_X_FORWARDED_FOR": f"6.6.6.6, 192.0.2.{number}"}
        assert APIClient().get(ORDERS, **told).status_code == 401
    statuses = [
        APIClient().get(ORDERS, HTTP_X_FORWARDED_FOR=f"6.6.6.{n}, 192.0.2.9").status_code
        for n in range(5)
    ]
    assert statuses == [401] * 4 + [429]


def test_the_open_pages_are_counted_too_and_the_admin_is_not(client):
    statuses = [client.get("/api/docs/").status_code for _ in range(5)]
    assert statuses == [200] * 4 + [429]
    assert client.get("/admin/login/").status_code == 200


def test_the_address_is_kept_as_a_code():
    APIClient().get(ORDERS, REMOTE_ADDR="192.0.2.1")
    assert list(rate_limits._counts)
    assert not [key for key in rate_limits._counts if "192.0.2" in key]


def test_no_rate_means_no_headers(api, settings):
    settings.RATE_CLIENT = ""
    assert "RateLimit" not in api("orders:read").get(ORDERS).headers


@pytest.mark.parametrize(
    ("method", "path"),
    [("post", "/admin/login/"), ("get", "/oidc/authenticate/"), ("post", "/admin/second-factor/")],
)
def test_an_address_tries_to_sign_in_so_often_and_no_more(client, settings, method, path):
    settings.RATE_SIGN_IN = "3/h"
    statuses = [getattr(client, method)(path).status_code for _ in range(5)]
    assert 429 not in statuses[:3]
    assert statuses[3:] == [429, 429]
    page = getattr(client, method)(path)
    assert 0 < int(page.headers["Retry-After"]) <= 3600
    assert "Too many attempts" in page.content.decode()
    assert client.get("/admin/login/").status_code == 200
