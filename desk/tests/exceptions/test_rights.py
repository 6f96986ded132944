"""Who may act on which cases, and to whom one may be handed over."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client, RequestFactory

from core import cases
from core.cases.models import Case
from desk.exceptions.rights import acts_on, colleagues, kinds_of, roles_for
from identity.models import User
from identity.rights.roles import ROLES
from identity.tests.factories import staff
from shipping.tests.exceptions.test_cases import in_state, open_case

pytestmark = pytest.mark.django_db
PARCEL, MESSAGE = "shipment-rejected", "message-failed"
URL = "/admin/core/case/"


def kind(name: str) -> cases.Kind:
    return cases.kind(name)


def able_to(*names: str, **fields: Any) -> User:
    person = staff(**fields)
    person.user_permissions.set(Permission.objects.filter(codename__in=names))
    return User.objects.get(pk=person.pk)


@pytest.mark.parametrize(
    ("name", "roles"),
    [
        (PARCEL, {"fulfilment", "manager"}),
        (MESSAGE, {"support", "manager"}),
        ("study-overdue", {"clinician"}),
    ],
)
def test_each_kind_is_acted_on_in_these_roles(name: str, roles: set[str]):
    assert {role for role in ROLES if acts_on(staff(role), kind(name))} == roles
    assert set(roles_for(list(kind(name).actions))) == roles


def test_an_auditor_acts_on_nothing_and_a_superuser_on_everything():
    request: Any = RequestFactory().get("/")
    for person, names in (
        (staff("auditor"), set()),
        (staff(), set()),
        (staff(is_superuser=True), {each.name for each in cases.kinds() if each.actions}),
        (staff(is_superuser=True, is_active=False), set()),
    ):
        request.user = person
        assert {each.name for each in kinds_of(request)} == names


def test_both_rights_are_needed_that_of_cases_and_that_of_what_they_are_about():
    assert acts_on(able_to("change_case", "change_shipment"), kind(PARCEL))
    assert not acts_on(able_to("change_case", "view_shipment"), kind(PARCEL))
    assert not acts_on(able_to("view_case", "change_shipment"), kind(PARCEL))


def test_colleagues_by_a_right_of_their_own_are_found_as_those_in_a_role():
    own = able_to("change_case", "change_shipment")
    half = able_to("change_shipment")
    fred = staff("fulfilment")
    able = set(colleagues(kind(PARCEL)))
    assert {own, fred} <= able
    assert half not in able


def test_whoever_gets_several_kinds_may_act_on_each_of_them():
    fred, sara, mona = (staff(role) for role in ("fulfilment", "support", "manager"))
    assert {fred, mona} == set(colleagues(kind(PARCEL)))
    assert {sara, mona} == set(colleagues(kind(MESSAGE)))
    assert {mona} == set(colleagues(kind(PARCEL), kind(MESSAGE)))
    assert set(colleagues(kind(PARCEL), kind(MESSAGE), kind("study-overdue"))) == set()


def test_colleagues_are_listed_by_name_each_once():
    zoe = staff("fulfilment", first_name="Zoe", last_name="A")
    adam = staff("manager", first_name="Adam", last_name="B")
    adam.groups.add(*zoe.groups.all())  # in two roles that may
    assert list(colleagues(kind(PARCEL))) == [adam, zoe]


def test_finding_them_takes_one_statement(django_assert_num_queries):
    for _ in range(3):
        staff("fulfilment")
    with django_assert_num_queries(1):
        assert len(colleagues(kind(PARCEL), kind("shipment-unknown"))) == 3


def handed_over(by: User, to: User | str) -> tuple[int, str]:
    """The status, and who has it then."""
    case, client = open_case(in_state("rejected")), Client()
    client.force_login(by, "django.contrib.auth.backends.ModelBackend")
    sent = {"to": to if isinstance(to, str) else str(to.pk)}
    status = client.post(f"{URL}{case.pk}/hand-over/", sent).status_code
    return status, Case.objects.get(pk=case.pk).assignee


@pytest.mark.parametrize(
    ("role", "status"),
    [("fulfilment", 302), ("manager", 302), ("support", 302), ("auditor", 403)],
)
def test_who_may_hand_over(role: str, status: int):
    """Support sees a parcel's case and gives it to somebody who may act; an auditor looks."""
    fred = staff("fulfilment", username="fred")
    assert handed_over(staff(role), fred) == (status, fred.actor if status == 302 else "")


def test_who_does_not_see_parcels_hands_none_of_them_over():
    fred = staff("fulfilment")
    status, assignee = handed_over(staff("clinician"), fred)
    assert (status in (403, 404), assignee) == (True, "")


@pytest.mark.parametrize("to", ["", "0", "x", "999999999", "9" * 30])
def test_nobody_gets_nothing(to: str):
    assert handed_over(staff("fulfilment"), to) == (422, "")


def test_somebody_who_left_meanwhile_gets_nothing():
    gone = staff("fulfilment", is_active=False)
    assert handed_over(staff("fulfilment"), gone) == (422, "")
