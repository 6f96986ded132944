"""All that is held of people, and all that is let go after a time."""

from desk.personal_data.by_app import (
    cases,
    customers,
    kits,
    messages,
    orders,
    parcels,
    patients,
    samples,
)
from desk.personal_data.parts import Part

PARTS = (
    *customers.PARTS,
    *orders.PARTS,
    *parcels.PARTS,
    *kits.PARTS,
    *messages.PARTS,
    *cases.PARTS,
    *patients.PARTS,
    *samples.PARTS,
)
RETENTIONS = (*messages.RETENTIONS, *patients.RETENTIONS)


def parts_of(kind: str) -> list[Part]:
    """What is held of a customer, or of a patient."""
    return [part for part in PARTS if part.kind == kind]
