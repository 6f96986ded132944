"""The tasks of notifications by their names, to be enqueued from anywhere in notifications."""

from core.tasks import Enqueue

dispatch = Enqueue("notifications.tasks.dispatch")
apply_reports = Enqueue("notifications.tasks.apply_reports", keys_per_message=100)
write_mailing = Enqueue("notifications.tasks.write_mailing")
