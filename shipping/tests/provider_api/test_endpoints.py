"""Where staff may say that a provider is, and what keeps it on the public internet."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from core.http import Request
from core.outbox import work
from shipping import providers, services
from shipping.dispatch import cancellations, inquiries, queue
from shipping.models import Cancellation, Inquiry, ProviderProfile
from shipping.provider_api.endpoints import why_blocked
from shipping.tests.factories import queued_shipment
from shipping.tracking import stalled


@pytest.fixture(autouse=True)
def allowed(settings):
    settings.PROVIDER_HOSTS = ["api.northpost.example", ".swiftparcel.example"]
    settings.DEMO = False


@pytest.mark.parametrize(
    "url",
    ["https://api.northpost.example/v2", "https://API.northpost.example", "https://a.swiftparcel.example"],
)  # fmt: skip
def test_an_allowed_address_may_be_typed(url):
    assert why_blocked(url) == ""


@pytest.mark.parametrize(
    "url",
    [
        "http://api.northpost.example",
        "https://elsewhere.example",
        "https://swiftparcel.example.evil.example",
        "https://evilswiftparcel.example",
        "https://user:secret@api.northpost.example",
        "https://api.northpost.example?x=1",
        "https://api.northpost.example#x",
        "https://127.0.0.1:8001",
        "https://169.254.169.254/latest",
        "https://[::1]/",
        "http://localhost:8001",
        "ftp://api.northpost.example",
        "api.northpost.example",
        "https://api.northpost.example\n.evil.example",
        "https://[broken",
        "",
    ],
)
def test_any_other_is_refused(url):
    assert why_blocked(url)
    if url:
        with pytest.raises(ValidationError):
            ProviderProfile(provider="northpost", url=url).clean_fields()


def test_loopback_is_for_development(settings):
    assert why_blocked("http://127.0.0.1:8001/northpost")
    settings.DEMO = True
    assert why_blocked("http://127.0.0.1:8001/northpost") == ""
    assert why_blocked("http://10.0.0.1/")


def test_an_allowed_name_that_leads_home_is_not_called_and_refuses_no_parcel(db, settings):
    """Checked where it connects: `localhost` is allowed by name, and still not public."""
    settings.PROVIDER_HOSTS = ["localhost"]
    ProviderProfile.objects.create(provider="reference", url="https://localhost:1/shipments")
    shipment = queued_shipment()
    queue.dispatch()
    shipment.refresh_from_db()
    assert (shipment.state, shipment.doubtful) == ("queued", False)
    assert "not a public address" in shipment.last_error


def test_an_address_that_is_allowed_no_more_is_not_called(db, settings):
    ProviderProfile.objects.create(provider="reference", url="https://gone.example")
    shipment = queued_shipment()
    queue.dispatch()
    shipment.refresh_from_db()
    assert shipment.state == "queued"
    assert "not in PROVIDER_HOSTS" in shipment.last_error


def test_the_stand_in_is_called_where_staff_say_it_is(db, settings, provider):
    settings.DEMO = True
    settings.REFERENCE_PROVIDER_URL = "http://127.0.0.1:1/nobody"
    ProviderProfile.objects.create(provider="reference", url=f"{provider.url}/provider/shipments")
    shipment = queued_shipment()
    queue.dispatch()
    assert len(provider.parcels()) == 1
    assert providers.get("reference").typed_url == "", "the provider itself is left as it was"
    shipment.refresh_from_db()
    assert shipment.state == "sent"


def a_question_about(shipment):
    stalled.ask([shipment.pk], at_once=True)
    work(inquiries.delivery_queue("reference"))
    return Inquiry.objects.get()


def a_cancellation_of(shipment):
    services.cancel(shipment, by="user:nurse")
    cancellations.send("reference")
    return Cancellation.objects.get()


@pytest.mark.parametrize("asking_for", [a_question_about, a_cancellation_of])
@pytest.mark.parametrize(
    ("hosts", "said"), [(["localhost"], "not a public address"), ([], "not in PROVIDER_HOSTS")]
)
def test_nobody_is_asked_about_a_parcel_at_such_an_address_either(
    db, settings, asking_for, hosts, said
):
    settings.PROVIDER_HOSTS = hosts
    ProviderProfile.objects.create(provider="reference", url="https://localhost:1/shipments")
    row = asking_for(queued_shipment(state="sent", news_at=timezone.now()))
    assert said in row.last_error


def test_no_answer_that_repeats_a_secret_is_shown(settings):
    """A provider may want it in the address or in a form, where no header says that it is one."""
    settings.NORTHPOST_LOGIN = "dosette:secret"
    settings.NORTHPOST_HOOK_SECRET = "old-one,new-one"
    request = Request("GET", "https://api.northpost.example/dosette:secret")
    made = queue.with_url_policy(providers.get("northpost"), request)
    assert set(made.hidden) == {"dosette:secret", "old-one", "new-one"}
