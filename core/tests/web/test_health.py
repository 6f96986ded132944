"""What a load balancer and the person on call ask."""

import re

import pytest
from django.db import connection
from django.test import Client


def test_livez_asks_nothing_of_the_database(django_assert_num_queries, db):
    with django_assert_num_queries(0):
        assert Client().get("/livez").content == b"ok\n"


def test_readyz_says_ok_when_every_part_is_there(db):
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["parts"]["database"] == "ok"


def test_readyz_names_a_pending_migration(db):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'orders'")
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "unavailable",
        "parts": {"database": "ok", "migrations": "pending", "broker": "ok", "clock": "ok"},
    }


def test_a_dead_broker_degrades_but_does_not_refuse(db, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["parts"]["broker"] == "unreachable"
    assert answer.json()["status"] == "degraded"


def test_a_clock_that_is_off_is_said_and_refuses_nothing(wrong_clock):
    with wrong_clock():
        answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    said = answer.json()["parts"]["clock"]
    assert re.match("This process's clock is (3 days, 0:00:0|2 days, 23:59:5)", said)
    assert said.endswith("the database's: set the one that is wrong.")


@pytest.mark.parametrize("address", ["/livez", "/readyz"])
def test_probes_are_read_only(address, db):
    assert Client().post(address).status_code == 405
