"""Templates in the admin: every change is a version, by who may, and none is lost."""

import pytest
from django.test import Client

from identity.tests.factories import actor_named, staff
from notifications.models import Template, TemplateVersion

pytestmark = pytest.mark.django_db
LIST = "/admin/notifications/template/"


def in_role(role: str, username: str = "maria") -> Client:
    client = Client()
    person = staff(role, username=username)
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def manager() -> Client:
    return in_role("manager")


def template(channel: str = "sms") -> Template:
    return Template.objects.get(occasion="order-placed", channel=channel, name="", language="en")


def form(row: Template, **change: str) -> dict[str, str]:
    names = ("occasion", "name", "channel", "language", "when_unknown", "subject", "body", "html")
    return {name: getattr(row, name) for name in names} | change


def page(row: Template, name: str = "change") -> str:
    return f"{LIST}{row.pk}/{name}/"


def test_a_change_is_a_version_in_the_name_of_who_made_it(manager):
    row = template()
    manager.post(page(row), form(row, body="Thank you, {user_name}"))
    row.refresh_from_db()
    assert row.body == "Thank you, {user_name}"
    newest = row.versions.latest("number")
    assert (row.current, newest.number, newest.made_by) == (newest, 2, actor_named("maria"))
    assert newest.body == row.body


def test_what_is_saved_unchanged_is_no_version(manager):
    row = template()
    manager.post(page(row), form(row))
    assert row.versions.count() == 1


def test_what_could_not_be_sent_is_neither_saved_nor_a_version(manager):
    row = template()
    for body in ("", "Hi {nobody}", "Your DNA results", "x" * 5000):
        assert manager.post(page(row), form(row, body=body)).status_code == 200, body
    row.refresh_from_db()
    assert row.versions.count() == 1
    assert row.body == row.versions.get().body


def test_a_template_is_never_deleted_since_messages_name_it(manager):
    row = template()
    assert manager.post(page(row, "delete"), {"post": "yes"}).status_code == 403
    sent = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    manager.post(LIST, sent)
    assert Template.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("key", ["", "0", "x", "9" * 30, "-1", "１"])
def test_a_version_that_there_is_not_changes_nothing(manager, key):
    row = template()
    answer = manager.post(page(row, "versions"), {"version": key}, follow=True)
    assert "Choose one of its versions." in answer.content.decode()
    assert row.versions.count() == 1


def test_a_version_of_another_template_is_none_of_this_one(manager):
    row, other = template(), template("email")
    before = row.body
    foreign = TemplateVersion.objects.get(template=other)
    manager.post(page(row, "versions"), {"version": foreign.pk})
    row.refresh_from_db()
    assert row.body == before


@pytest.mark.parametrize("role", ["support", "auditor"])
def test_who_may_only_look_sees_the_versions_and_brings_none_back(manager, role):
    row = template()
    manager.post(page(row), form(row, body="Thank you, {user_name}"))
    client = in_role(role, "looker")
    assert client.get(page(row, "versions")).status_code == 200
    first = row.versions.get(number=1)
    assert client.post(page(row, "versions"), {"version": first.pk}).status_code == 403
    assert client.post(page(row), form(row, body="Else")).status_code == 403
    row.refresh_from_db()
    assert row.body == "Thank you, {user_name}"


def test_who_sees_no_templates_sees_no_versions():
    assert in_role("clinician").get(page(template(), "versions")).status_code == 403


def test_the_preview_is_filled_in_and_counts_the_sms(manager):
    row = template()
    shown = manager.get(page(row)).content.decode()
    assert "1 SMS" in shown
    preview = shown.split("Preview, as it was saved")[1][:2000]
    assert "{user_name}" not in preview


def test_markup_in_a_text_is_shown_as_text(manager):
    Template.objects.filter(pk=template("email").pk).update(body="<script>alert(1)</script>")
    row = template("email")
    for shown in (manager.get(page(row)), manager.get(page(row, "versions")), manager.get(LIST)):
        assert "<script>alert(1)</script>" not in shown.content.decode()
