"""The same jobs as most people would write them: what `make bench` compares the product with.

A Django project of its own, from the tutorials: ModelViewSets with nested serializers, a signal
that writes an outbox row and queues a task for each, `get_or_create`, `update_or_create`, a loop
with `save()`. It is not crippled: what is looked for is indexed, lines are one `bulk_create`,
and the list is there once with its lines prefetched. It keeps none of the promises of
docs/architecture.md and is spared their price: no idempotency keys, no rate limits. Its tables lie
beside the product's in the same database, and tokens are checked by the same class.
"""
