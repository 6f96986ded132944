"""What a provider's class must declare: checked when it is defined."""

import pytest

from shipping.provider_api.base import Provider


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("looks_up", "supports_lookup"),
        ("cancels", "supports_cancellation"),
        ("deduplicates", "is_idempotent"),
        ("reports", "sends_webhooks"),
        ("pretends", "is_fake"),
        ("news", "tracking_status"),
        ("told", "setting"),
    ],
)
def test_a_provider_of_the_release_before_is_told_what_its_names_are_now(old, new):
    with pytest.raises(TypeError, match=f"{old} is now called {new}"):
        type("Acme", (Provider,), {"name": "acme", old: True})


@pytest.mark.parametrize("capability", ["supports_lookup", "supports_cancellation"])
def test_a_capability_without_its_method_is_refused(capability):
    with pytest.raises(TypeError, match="is missing"):
        type("Acme", (Provider,), {"name": "acme", capability: True})
