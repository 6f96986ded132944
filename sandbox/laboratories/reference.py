"""The reference laboratory: takes samples, then posts signed results, by the story asked for."""

from collections.abc import Sequence
from datetime import UTC, datetime

from aiohttp import web
from standardwebhooks import Webhook

from sandbox.config import Config
from sandbox.laboratories.stories import STORIES, Step
from sandbox.ledger import Ledger
from sandbox.posting import Post, Poster
from sandbox.wire import Names, json_answer, json_object

PATH = "/api/v1/webhooks/laboratories/reference/"
FIELDS = ("serial", "name", "birth_date")


class Laboratory:
    """Its one address: whoever sends a sample there says what becomes of it."""

    def __init__(self, config: Config, ledger: Ledger, poster: Poster) -> None:
        self._config, self._ledger, self._poster = config, ledger, poster
        self._signer = Webhook(config.reference_laboratory_secret)
        self._names = Names(config.seed)

    def routes(self) -> list[web.RouteDef]:
        """Where samples arrive."""
        return [web.post("/laboratory/samples", self.take)]

    async def take(self, request: web.Request) -> web.Response:
        """``POST /laboratory/samples`` of serial, name, birth_date, and a story."""
        raw = await request.read()
        given = json_object(raw) or {}
        story = STORIES.get(str(given.get("story", "plain")))
        sample = {field: given[field] for field in FIELDS if isinstance(given.get(field), str)}
        if story is None or len(sample) < len(FIELDS):
            known = f"Give {', '.join(FIELDS)}, and as story one of {', '.join(STORIES)}."
            answer = json_answer({"error": known}, 400)
        else:
            self._go_on(story(sample))
            answer = json_answer({"status": "accepted"}, 201)
        self._ledger.add("other", request, raw, answer.status, action="sample")
        return answer

    def _go_on(self, steps: Sequence[Step]) -> None:
        """Post the first after its pause, and the others when that is taken."""
        if not steps:
            return
        step, *others = steps
        post = Post(
            what="laboratory result",
            path=PATH,
            body=step.body,
            headers=lambda: self._signed(step.body),
            done=lambda: self._go_on(others),
        )
        pause = self._config.event_pause * step.pauses
        self._poster.later(pause, lambda: self._poster.post(post))

    def _signed(self, body: bytes) -> dict[str, str]:
        now, name = datetime.now(UTC), f"msg_{self._names.next()}"
        return {
            "Content-Type": "application/json",
            "webhook-id": name,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(name, now, body.decode()),
        }
