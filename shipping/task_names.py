"""The tasks of shipping by their names, to be enqueued from anywhere in shipping."""

from core.tasks import Enqueue

dispatch = Enqueue("shipping.tasks.dispatch")
cancel_parcels = Enqueue("shipping.tasks.cancel_parcels")
apply_events = Enqueue("shipping.tasks.apply_events", keys_per_message=100)
open_parked = Enqueue("shipping.tasks.open_parked", keys_per_message=1000)
run_schedule = Enqueue("shipping.tasks.run_schedule")
