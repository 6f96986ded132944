"""Stored files that no row names are removed, and no others."""

import io
from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from clinical import sweeper
from clinical.attachments import services, storage
from clinical.models import StudyAttachment
from clinical.tests.attachments.samples import PDF
from clinical.tests.factories import performed_study
from core.failures import StepsFailedError
from core.models import Failure

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder")]


class BreaksOffError(Exception):
    """The process goes on no more."""


def attach(study):
    return services.attach(study, io.BytesIO(PDF), "a.pdf", by="user:test")


def rolled_back(study):
    """An upload of which the row is gone again."""
    with pytest.raises(BreaksOffError):
        _attach_and_break_off(study)


def _attach_and_break_off(study):
    with transaction.atomic():
        attach(study)
        raise BreaksOffError


def test_an_upload_that_was_rolled_back_leaves_a_file_for_an_hour_and_no_longer():
    study = performed_study()
    kept = attach(study)
    rolled_back(study)
    assert StudyAttachment.objects.count() == 1
    assert sweeper.remove_orphans() == 0
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert sweeper.remove_orphans() == 1
        assert list(storage.names_of_last_days()) == [kept.stored_as]
        assert sweeper.remove_orphans() == 0


def test_one_in_error_keeps_its_file():
    row = attach(performed_study())
    services.enter_in_error(row, "Of another study", by="user:test")
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert sweeper.remove_orphans() == 0
    with services.open_attachment(row) as file:
        assert file.read() == PDF


def test_between_two_looks_it_rests(monkeypatch):
    monkeypatch.setattr(sweeper, "rest", sweeper.Rest())
    assert sweeper.remove_unless_resting() == 0
    rolled_back(performed_study())
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert sweeper.remove_unless_resting() == 0
        monkeypatch.setattr(sweeper, "rest", sweeper.Rest())
        assert sweeper.remove_unless_resting() == 1


def test_a_file_that_cannot_be_removed_holds_up_no_other(monkeypatch):
    rolled_back(performed_study())
    rolled_back(performed_study())
    stuck, other = storage.names_of_last_days()

    def delete(name):
        if name == stuck:
            raise PermissionError
        remove(name)

    remove = storage.delete
    monkeypatch.setattr(storage, "delete", delete)
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        with pytest.raises(StepsFailedError):
            sweeper.remove_orphans()
        assert list(storage.names_of_last_days()) == [stuck]
        assert Failure.objects.get().work.endswith(stuck)
        assert sweeper.remove_orphans() == 0  # left alone for a while
    monkeypatch.undo()
    with time_machine.travel(timezone.now() + timedelta(hours=3)):
        assert sweeper.remove_orphans() == 1
    assert not Failure.objects.exists()
    assert other not in storage.names_of_last_days()
