"""The exceptions queue in the admin."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from core.cases.models import Case
from identity.tests.factories import browser_of, staff
from shipping.models import Shipment
from shipping.tests.exceptions.test_cases import in_state, open_case

URL = "/admin/core/case/"


@pytest.fixture
def fulfilment(db) -> Client:
    return browser_of(staff("fulfilment"))


def test_the_queue_shows_open_cases_with_counts_by_kind(fulfilment):
    old = open_case(in_state("rejected"))
    Case.objects.filter(pk=old.pk).update(opened_at=timezone.now() - timedelta(days=4))
    closed = open_case(in_state("unknown"))
    Case.objects.filter(pk=closed.pk).update(closed_at=timezone.now())
    page = fulfilment.get(URL).content.decode()
    assert "Rejected: 1" in page
    assert "4\xa0days" in page
    assert closed.title not in page
    assert closed.title in fulfilment.get(f"{URL}?status=closed").content.decode()
    assert old.title not in fulfilment.get(f"{URL}?kind=shipment-unknown").content.decode()
    assert old.title in fulfilment.get(f"{URL}?age=72&q={old.title[:5]}").content.decode()


@pytest.mark.parametrize("typed", ["{}", "#{}", "CO {}", "“co-{}”", "ｃｏ－{}"])
def test_a_case_is_found_by_its_parcel_however_that_is_typed(fulfilment, typed):
    parcel = in_state("rejected")
    case, other = open_case(parcel), open_case(in_state("rejected"))
    number = parcel.reference if typed in ("{}", "#{}") else parcel.order_id
    shown = fulfilment.get(URL, {"q": typed.format(number)}).context["cl"].result_list
    assert case in shown
    assert other not in shown
    assert not fulfilment.get(URL, {"q": "—"}).context["cl"].result_list


def test_the_list_takes_as_many_statements_whatever_it_holds(
    fulfilment, django_assert_max_num_queries
):
    for _ in range(3):
        in_state("rejected")
    with django_assert_max_num_queries(12):
        fulfilment.get(URL)


def test_the_start_page_leads_to_the_queue(fulfilment):
    in_state("rejected")
    page = fulfilment.get("/admin/")
    card = next(card for card in page.context["cards"] if card.title == "Exceptions")
    assert (card.figure, card.alarming) == ("1", True)
    assert fulfilment.get(card.link).status_code == 200


def test_a_case_shows_what_was_said_its_history_and_its_actions(fulfilment):
    case = open_case(in_state("rejected", last_error="422: no such street"))
    page = fulfilment.get(f"{URL}{case.pk}/change/").content.decode()
    assert "422: no such street" in page
    assert "Correct the address and send" in page
    assert "opened" in page


def test_support_sees_a_case_and_no_action(db):
    case = open_case(in_state("rejected"))
    client = browser_of(staff("support"))
    page = client.get(f"{URL}{case.pk}/change/").content.decode()
    assert "Send again" not in page
    assert "Who may: fulfilment, manager." in page
    assert client.post(f"{URL}{case.pk}/retry/").status_code == 403
    assert Shipment.objects.get().state == "rejected"


@pytest.mark.parametrize("role", ["support", "auditor"])
@pytest.mark.parametrize("state", ["failed-to-deliver", "unknown"])
def test_who_may_only_look_reads_who_may_act(db, role, state):
    case = open_case(in_state(state))
    page = browser_of(staff(role)).get(f"{URL}{case.pk}/change/").content.decode()
    assert "Who may: fulfilment, manager." in page
    assert (
        "Who may"
        not in browser_of(staff("fulfilment")).get(f"{URL}{case.pk}/change/").content.decode()
    )


def test_who_sees_no_parcels_sees_no_cases_of_them(db):
    case = open_case(in_state("rejected"))
    assert browser_of(staff("clinician")).get(f"{URL}{case.pk}/change/").status_code in (302, 403)


def test_an_action_is_previewed_and_then_done(fulfilment):
    case = open_case(in_state("rejected"))
    page = fulfilment.get(f"{URL}{case.pk}/retry/").content.decode()
    assert "goes to reference again" in page
    assert Shipment.objects.get().state == "rejected"
    answer = fulfilment.post(f"{URL}{case.pk}/retry/", {"reason": ""}, follow=True)
    assert "done" in answer.content.decode()
    assert Shipment.objects.get().state == "queued"


def test_the_address_is_there_to_be_corrected(fulfilment):
    shipment = in_state("rejected")
    case = open_case(shipment)
    page = fulfilment.get(f"{URL}{case.pk}/correct/").content.decode()
    assert shipment.line_1 in page
    sent = shipment.address() | {"line_1": "1 New Street"}
    assert fulfilment.post(f"{URL}{case.pk}/correct/", sent).status_code == 302
    assert Shipment.objects.get().line_1 == "1 New Street"


def test_what_is_unsafe_asks_for_a_tick_and_a_reason(fulfilment):
    case = open_case(in_state("unknown", doubtful=True))
    url = f"{URL}{case.pk}/send-by/"
    assert "may have it already" in fulfilment.get(url).content.decode()
    for sent in ({}, {"reason": "They lost it"}, {"despite_risk": "on"}):
        assert fulfilment.post(url, {"provider": "console"} | sent).status_code == 422
    assert Shipment.objects.get().state == "unknown"
    sent = {"provider": "console", "reason": "They lost it", "despite_risk": "on"}
    assert fulfilment.post(url, sent).status_code == 302
    assert Shipment.objects.get().provider == "console"


def test_what_was_done_meanwhile_is_not_done_again(fulfilment):
    case = open_case(in_state("rejected"))
    fulfilment.post(f"{URL}{case.pk}/retry/")
    answer = fulfilment.post(f"{URL}{case.pk}/retry/", follow=True)
    assert "not possible now" in answer.content.decode()
    assert Shipment.objects.get().events.filter(kind="retried").count() == 1


def test_an_action_of_another_kind_is_a_404(fulfilment):
    case = open_case(in_state("rejected"))
    assert fulfilment.get(f"{URL}{case.pk}/assign/").status_code == 404


def test_the_page_shows_whom_and_what_it_is_about(fulfilment, django_assert_max_num_queries):
    shipment = in_state("rejected", tracking_number="TRACK-9")
    case = open_case(shipment)
    with django_assert_max_num_queries(36):
        page = fulfilment.get(f"{URL}{case.pk}/change/").content.decode()
    order = shipment.order
    for text in (order.customer.name, str(order.number), shipment.line_1, "TRACK-9"):
        assert text in page


def test_json_of_the_provider_is_read_to_staff_and_kept_behind_a_fold(fulfilment):
    said = '{"error": {"code": "bad_address", "message": "No such street"}}'
    case = open_case(in_state("rejected", last_error=f"422: {said}", last_answer=said))
    assert "No such street" in fulfilment.get(URL).content.decode()
    assert "bad_address&quot;" not in fulfilment.get(URL).content.decode()
    page = fulfilment.get(f"{URL}{case.pk}/change/").content.decode()
    assert page.count("<details") >= 2
    assert "bad_address&quot;" in page


def test_who_has_it_open_too_is_seen(fulfilment):
    case = open_case(in_state("rejected"))
    sara = staff("support", first_name="Sara", last_name="Support")
    client = Client()
    client.force_login(sara, backend="django.contrib.auth.backends.ModelBackend")
    client.get(f"{URL}{case.pk}/change/")
    page = fulfilment.get(f"{URL}{case.pk}/change/").content.decode()
    assert "Sara Support has it open since" in page
    newest = case.events.latest("id").pk
    polled = client.get(f"{URL}{case.pk}/visits/?seen={newest}").content.decode()
    assert "has it open since" in polled
    assert "Something was done" not in polled
    case.events.create(kind="noted", actor="user:1 x", detail="They call back")
    assert (
        "Something was done" in client.get(f"{URL}{case.pk}/visits/?seen={newest}").content.decode()
    )


def test_what_is_late_is_found(fulfilment):
    old, new = open_case(in_state("rejected")), open_case(in_state("rejected"))
    Case.objects.filter(pk=old.pk).update(opened_at=timezone.now() - timedelta(days=2))
    shown = fulfilment.get(f"{URL}?by=late")
    assert list(shown.context["cl"].result_list) == [old]
    assert shown.context["views"] == {"mine": 0, "nobody": 2, "overdue": 1}
    assert "1\xa0day late" in shown.content.decode()
    assert new.title not in [row.title for row in shown.context["cl"].result_list]
