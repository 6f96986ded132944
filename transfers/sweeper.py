"""Finds imports and exports that nobody works on, and throws away what has had its time."""

from core.failures import steps
from transfers.exports import services as exports
from transfers.imports import services as imports


def sweep() -> dict[str, int]:
    """One pass; how many of each kind."""
    return steps(
        "transfers",
        {
            "imports gone on with": imports.resume_waiting,
            "imports cancelled that nobody applied": imports.expire,
            "exports gone on with": exports.resume_waiting,
            "files of exports removed": exports.expire,
        },
    )
