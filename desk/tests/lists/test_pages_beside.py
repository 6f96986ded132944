"""Two requests at once: a view of one name is kept once."""

import pytest

from core.tests.beside import at_once
from desk.models import SavedView
from desk.tests.lists.test_pages import save
from identity.tests.factories import browser_of, staff

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_view_that_is_sent_twice_is_kept_once():
    clients = [browser_of(person) for person in [staff("manager")] * 4]
    said = at_once(*(lambda client=each: save(client).status_code for each in clients))
    assert said == [200] * 4
    assert SavedView.objects.count() == 1
