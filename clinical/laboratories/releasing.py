"""What becomes of a result that has its sample."""

from clinical.models import LabResult, ResultVersion, VersionStatus
from clinical.models.results import Flag
from clinical.states import ResultState
from core.workflow import transition_locked


def proceed(result: LabResult, version: ResultVersion, *, by: str) -> None:
    """Bring a locked result that is attached to where this version, which holds, says."""
    unfinished = version.status == VersionStatus.PRELIMINARY and version.flag == Flag.NORMAL
    to = ResultState.WAITING if unfinished else ResultState.HELD
    transition_locked(result, to, by=by, detail=f"version {version.number}")


def cancel(result: LabResult, *, by: str) -> None:
    """The laboratory takes a locked result back."""
    transition_locked(result, ResultState.CANCELLED, by=by, detail=f"version {result.number}")
