"""Cases: a row per thing that somebody must look at, whatever app it happened in.

An app registers its kinds in `AppConfig.ready`, opens a case in the transaction in which something
goes wrong, and settles it in the one that puts it right. The sweeper repairs what was forgotten.
"""

from core.cases.actions import act, fields_of, offered, subject_of
from core.cases.registry import Action, Kind, Listed, Trouble, kind, kinds, register
from core.cases.store import dismiss, open, settle
from core.risks import UnsafeActionError

__all__ = [
    "Action",
    "Kind",
    "Listed",
    "Trouble",
    "UnsafeActionError",
    "act",
    "dismiss",
    "fields_of",
    "kind",
    "kinds",
    "offered",
    "open",
    "register",
    "settle",
    "subject_of",
]
