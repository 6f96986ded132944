"""Demo staff and clients."""

import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ImproperlyConfigured

from identity import demo
from identity.models import Notice, ServiceClient, User

pytestmark = pytest.mark.django_db


def test_there_is_one_person_per_role_and_a_superuser(settings, rf):
    demo.load()
    people = {
        user.username: [group.name for group in user.groups.all()] for user in User.objects.all()
    }
    assert people == {
        "admin": [],
        "sara": ["support"],
        "fred": ["fulfilment"],
        "clara": ["clinician"],
        "mona": ["manager"],
        "audra": ["auditor"],
    }
    assert all(
        authenticate(rf.post("/"), username=name, password=settings.DEMO_PASSWORD)
        for name in people
    )
    assert User.objects.get(is_superuser=True).username == "admin"


def test_the_demo_people_are_known_at_the_sandboxs_issuer(settings):
    demo.load()
    sara = User.objects.get(
        linked_accounts__issuer=settings.OIDC_ISSUER, linked_accounts__subject="sara"
    )
    assert sara.get_full_name() == "Sara Support"


def test_the_reader_reads_only():
    demo.load()
    scopes = ServiceClient.objects.get(client_id="reader").allowed_scopes
    assert scopes
    assert all(scope.endswith(":read") for scope in scopes)


def test_loading_again_undoes_nothing_but_the_password(settings):
    demo.load()
    sara = User.objects.get(username="sara")
    sara.groups.clear()
    sara.last_name = "Married"
    sara.set_password("another")
    sara.save()
    ServiceClient.objects.update(is_active=False, allowed_scopes=[])
    demo.load()
    sara.refresh_from_db()
    assert (sara.last_name, sara.groups.count()) == ("Married", 0)
    assert sara.check_password(settings.DEMO_PASSWORD)
    assert not ServiceClient.objects.filter(is_active=True).exists()
    assert User.objects.count() == 6


def test_outside_a_demo_there_are_no_demo_people(settings):
    settings.DEMO_PASSWORD = ""
    with pytest.raises(ImproperlyConfigured):
        demo.load()
    assert not User.objects.exists()


def test_nobody_is_told_of_a_password_that_they_are_born_with(settings):
    settings.DEMO_PASSWORD = "demo-password"
    demo.load()
    assert not Notice.objects.exists()
    assert User.objects.get(username="sara").check_password("demo-password")
