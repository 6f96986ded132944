"""The tasks of notifications by their names, to be enqueued from anywhere in notifications."""

from core.tasks import Enqueue

dispatch = Enqueue("notifications.tasks.dispatch")
write_mailing = Enqueue("notifications.tasks.write_mailing")
