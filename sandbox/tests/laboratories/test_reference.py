"""The laboratory takes samples, and posts what becomes of them, signed, one after the other."""

import json

import pytest
import requests
from standardwebhooks import Webhook

from sandbox.laboratories.stories import STORIES

ANA = {"serial": "K1", "name": "Ana Ruiz", "birth_date": "1990-05-17"}


def sample(sandbox, **values):
    body = ANA | values
    return requests.post(f"{sandbox.url}/laboratory/samples", json=body, timeout=10)


def test_it_posts_each_version_in_its_turn(posting, receiver):
    assert sample(posting).status_code == 201
    posts = receiver.wait_for(2)
    bodies = [json.loads(post.body) for post in posts]
    assert [(body["version"], body["status"]) for body in bodies] == [
        (1, "preliminary"),
        (2, "final"),
    ]
    assert {post.path for post in posts} == {"/api/v1/webhooks/laboratories/reference/"}
    assert bodies[0]["sample"] == ANA


def test_what_it_posts_verifies_with_the_standard_webhooks_library(posting, receiver):
    sample(posting)
    [first, *_] = receiver.wait_for(1)
    verifier = Webhook(posting.config.reference_laboratory_secret)
    assert verifier.verify(first.body, first.headers)["sample"] == ANA


def test_a_story_that_doubles_says_all_twice(posting, receiver):
    sample(posting, story="doubled")
    bodies = [post.body for post in receiver.wait_for(4)]
    assert bodies[0] == bodies[1]
    assert bodies[2] == bodies[3]


@pytest.mark.parametrize("wrong", [{"story": "none such"}, {"serial": 1}, {"name": None}])
def test_what_is_no_sample_is_refused_and_told_the_choices(sandbox, wrong):
    answer = sample(sandbox, **wrong)
    assert answer.status_code == 400
    assert all(story in answer.json()["error"] for story in STORIES)
