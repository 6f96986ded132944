"""The tasks of transfers by their names, to be enqueued from anywhere in transfers."""

from core.tasks import Enqueue

work_on_import = Enqueue("transfers.tasks.work_on_import")
write_export = Enqueue("transfers.tasks.write_export")
