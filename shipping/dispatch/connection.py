"""Whether a provider can be reached and knows us, without handing anything over."""

from core.http import UNTESTABLE, Done, Outcome, Response, Trial
from core.http.client import send
from shipping.dispatch import queue

NOWHERE = "dosette-connection-test"  # no parcel of ours is called so


def try_connection(name: str) -> Trial:
    """Ask a provider for a parcel that cannot exist: whoever answers that, and lets us ask, works.

    Raises LookupError for a provider that there is none of.
    """
    provider = queue.configured_provider(name)
    if missing := provider.missing():
        return Trial(
            False, f"It is not set up: {', '.join(missing)} is missing in the environment."
        )
    if refused := queue.endpoint_error(provider):
        return Trial(False, refused.reason)
    if not provider.supports_lookup:
        return UNTESTABLE

    def read(response: Response) -> Outcome:
        return provider.read_look_up(response) or Done()

    outcome = send(queue.with_url_policy(provider, provider.look_up(NOWHERE)), read)
    if isinstance(outcome, Done):
        return Trial(True, "It answers, and lets us ask.")
    return Trial(False, f"It does not work: {outcome.reason}")
