"""Cases: a row per thing that somebody must look at, whatever app it happened in.

An app registers its kinds in `AppConfig.ready`, opens a case in the transaction in which something
goes wrong, and resolves it in the one that puts it right. The sweeper repairs what was forgotten.
"""

from core.cases.actions import act, available_actions, fields_of, subject_of
from core.cases.handling import awake
from core.cases.registry import Action, CaseDraft, Kind, Listed, kind, kinds, register
from core.cases.store import dismiss, open, resolve
from core.risks import UnsafeActionError

__all__ = [
    "Action",
    "CaseDraft",
    "Kind",
    "Listed",
    "UnsafeActionError",
    "act",
    "available_actions",
    "awake",
    "dismiss",
    "fields_of",
    "kind",
    "kinds",
    "open",
    "register",
    "resolve",
    "subject_of",
]
