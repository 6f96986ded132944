"""The tasks of the workplace by their names."""

from core.tasks import Enqueue

let_go = Enqueue("desk.tasks.let_go")
