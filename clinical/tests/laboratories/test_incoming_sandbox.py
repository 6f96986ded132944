"""Every story of the sandbox's laboratory, over HTTP, ends as it should."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from clinical.laboratories import incoming
from clinical.models import LabMessage, LabResult, ReleaseRule
from clinical.tests.factories import registered_sample
from clinical.tests.laboratories.messages import SECRET
from sandbox.laboratories.stories import STORIES
from sandbox.testing import Sandbox, running_sandbox, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
# Its state, its last version, and how much nobody understood.
ENDS = {
    "plain": ("released", 2, 0),
    "late": ("released", 1, 0),
    "doubled": ("released", 2, 0),
    "disordered": ("released", 2, 0),
    "corrected": ("held", 3, 0),
    "cancelled": ("cancelled", 3, 0),
    "mixed-up": ("released", 2, 0),
    "critical": ("held", 1, 0),
    "broken": ("released", 1, 3),
}


@pytest.fixture
def laboratory(live_server: Any, settings: Any) -> Iterator[Sandbox]:
    settings.REFERENCE_LABORATORY_SECRET = SECRET
    with running_sandbox(
        web_url=live_server.url, reference_laboratory_secret=SECRET, event_pause=0.0
    ) as sandbox:
        yield sandbox


def send(laboratory: Sandbox, story: str) -> None:
    """Send Ana's sample there."""
    sample = {"serial": "K1", "name": "Ana Ruiz", "birth_date": "1990-05-17", "story": story}
    answer = requests.post(f"{laboratory.url}/laboratory/samples", json=sample, timeout=10)
    assert answer.status_code == 201


def told(laboratory: Sandbox, count: int) -> bool:
    """Whether so much was taken; what has come is read meanwhile."""
    incoming.read_waiting()
    return bool(laboratory.stats()["posted"] == count)


@pytest.mark.parametrize("story", STORIES)
def test_a_story_ends_as_it_should(laboratory, story):
    registered_sample()
    ReleaseRule.objects.create(kit_type="ancestry")
    steps = len(STORIES[story]({"serial": "", "name": "", "birth_date": ""}))
    send(laboratory, story)
    wait_until(lambda: told(laboratory, steps))
    incoming.read_waiting()
    result = LabResult.objects.get()
    not_understood = LabMessage.objects.exclude(problem="").count()
    assert (result.state, result.number, not_understood) == ENDS[story]
    assert LabMessage.objects.count() == not_understood
