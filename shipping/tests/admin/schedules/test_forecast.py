"""The forecast's page: the picture, a table with the same figures, and who may see them."""

import pytest
from django.test import Client

from identity.tests.factories import staff
from shipping.tests.factories import weekly_schedule

PAGE = "/admin/shipping/schedule/forecast/"


@pytest.mark.django_db
def test_the_page_has_the_picture_and_its_figures():
    weekly_schedule()
    client = Client()
    client.force_login(staff("support"))
    shown = client.get(PAGE, follow=True).content.decode()
    assert "<svg viewBox" in shown
    assert ", reference: 1</title>" in shown
    assert "by reference" in shown
    assert "Forecast of 90 days" in client.get("/admin/shipping/schedule/").content.decode()


@pytest.mark.django_db
def test_without_any_schedule_it_says_so_and_outsiders_see_nothing():
    client = Client()
    client.force_login(staff("auditor"))
    assert "No schedule ships anything." in client.get(PAGE, follow=True).content.decode()
    client.force_login(staff("clinician", username="clara"))
    assert client.get(PAGE, follow=True).status_code == 403
