"""The access log takes rows and gives none back changed."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import RequestFactory

from identity.access_log.records import address_of, reads_of, record, who_looked
from identity.models import AccessRecord, How, Via
from identity.tests.factories import actor_named, staff

pytestmark = pytest.mark.django_db


def request_of(user, path="/admin/clinical/patient/", **headers):
    """A request of this person."""
    request = RequestFactory().get(path, REMOTE_ADDR="198.51.100.7", **headers)
    request.user = user
    return request


def test_a_read_says_who_whom_when_from_where_how_and_why():
    clara = staff("clinician", username="clara")
    record(request_of(clara, HTTP_ACCESS_REASON="call back\x00"), [7, 5, 7], How.LIST)
    read = AccessRecord.objects.get()
    assert (read.actor, read.patients, read.how) == (actor_named("clara"), [5, 7], "list")
    assert (read.via, read.address, read.reason) == (Via.ADMIN, "198.51.100.7", "call back")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE identity_accessrecord SET actor = 'nobody'",
        "DELETE FROM identity_accessrecord",
    ],
)
def test_the_database_refuses_to_change_or_delete_a_row(statement):
    record(staff(), [1], How.EXPORT)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AccessRecord.objects.all().delete()
    assert AccessRecord.objects.count() == 1


def test_the_database_refuses_to_empty_the_table():
    record(staff(), [1], How.EXPORT)
    # The setting as in every other database.
    statement = "SET LOCAL dosette.tests = off; TRUNCATE identity_accessrecord"
    with pytest.raises(DatabaseError, match="TRUNCATE is refused"), transaction.atomic():
        connection.cursor().execute(statement)
    assert AccessRecord.objects.count() == 1


def test_a_patients_reads_are_found_whatever_list_they_were_in():
    for patients in ([1, 2, 3], [2], [4]):
        record(staff(), patients, How.LIST)
    assert [read.patients for read in reads_of(2)] == [[2], [1, 2, 3]]


def test_nobody_read_is_no_record():
    record(staff(), [], How.SEARCH)
    assert not AccessRecord.objects.exists()


def test_what_may_be_of_somebody_unknown_is_a_record_all_the_same():
    record(staff(), [], How.DETAIL, detail="message 5 of reference")
    read = AccessRecord.objects.get()
    assert (read.patients, read.detail) == ([], "message 5 of reference")


def test_a_large_export_is_several_rows():
    record(staff(), range(25_000), How.EXPORT, reason="yearly report")
    assert [len(read.patients) for read in AccessRecord.objects.order_by("id")] == [
        10_000,
        10_000,
        5_000,
    ]


def test_the_lines_of_a_patients_page_are_escaped():
    record(staff(username="o+brien"), [1], How.EXPORT, reason="<b>bold</b>")
    assert f"{actor_named('o+brien')} · Export &lt;b&gt;" in who_looked(1)


def test_nobody_changes_it_in_the_admin(client):
    client.force_login(staff(is_superuser=True))
    record(staff(), [1], How.EXPORT)
    address = f"/admin/identity/accessrecord/{AccessRecord.objects.get().pk}/"
    assert client.get("/admin/identity/accessrecord/").status_code == 200
    assert client.get(f"{address}change/").status_code == 200
    assert client.post(f"{address}change/", {"actor": "x"}).status_code == 403
    assert client.post(f"{address}delete/", {"post": "yes"}).status_code == 403


ADDRESSES = [
    (0, "198.51.100.7", "6.6.6.6", "198.51.100.7"),
    (1, "10.0.0.1", "6.6.6.6, 198.51.100.7", "198.51.100.7"),
    (2, "10.0.0.1", "6.6.6.6, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
    (1, "10.0.0.1", "", "10.0.0.1"),
    (1, "10.0.0.1", "'; drop", None),
    (0, "", "", None),
    (0, "fe80::1%eth0", "", "fe80::1"),
]


@pytest.mark.parametrize(("proxies", "peer", "passed_on", "address"), ADDRESSES)
def test_the_address_is_the_one_our_own_proxies_saw(settings, proxies, peer, passed_on, address):
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=passed_on)
    assert address_of(request) == address
