"""gunicorn's settings for .ci/door.py: Dosette's, with the times of the issuer's keys divided by 5.

So twelve seconds without an issuer are what a minute is: keys grow old, and fetches fail, as often.
"""

from typing import Any

from config import gunicorn
from config.gunicorn import *


def post_worker_init(worker: Any) -> None:  # type: ignore[no-redef]  # takes its place
    """Shorten them in each worker."""
    from identity.tokens import issuer_keys

    issuer_keys.FRESH_FOR, issuer_keys.COOL_DOWN = (
        issuer_keys.FRESH_FOR / 5,
        issuer_keys.COOL_DOWN / 5,
    )
    gunicorn.post_worker_init(worker)
