"""The pages of the staff's workplace."""

from desk.admin.cases import CaseAdmin

__all__ = ["CaseAdmin"]
