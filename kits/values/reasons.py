"""In which condition a kit comes back, and why it cannot be examined.

Codes of HL7 version 2: conditions are of table 0493, reasons of table 0490
(https://hl7-definition.caristix.com/v2/HL7v2.8/Tables/0490).
"""

from django.db import models


class Condition(models.TextChoices):
    """How the sample is (HL7 table 0493)."""

    ROOM = "ROOM", "room temperature"
    COOL = "COOL", "cool"
    FROZEN = "FROZ", "frozen"
    CLOTTED = "CLOT", "clotted"
    CONTAMINATED = "CON", "contaminated"
    HEMOLYZED = "HEM", "hemolyzed"


class Reason(models.TextChoices):
    """Why it is not accepted (HL7 table 0490)."""

    EXPIRED = "EX", "expired"
    QUANTITY = "QS", "quantity not sufficient"
    BROKEN = "RB", "broken container"
    CLOTTING = "RC", "clotting"
    HEMOLYSIS = "RH", "hemolysis"
    CONTAMINATION = "RN", "contamination"
    STORAGE = "RR", "improper storage"
    NO_NUMBER = "RA", "missing patient id number"
    NO_DATE = "RD", "missing collection date"
    NO_NAME = "RE", "missing patient name"
    IDENTIFICATION = "RI", "identification problem"
    LABELING = "RM", "labeling"
    MISSPELLED = "RS", "name misspelling"


# What the person can put right by telling us something. All others are final.
RECOVERABLE = frozenset({"RA", "RD", "RE", "RI", "RM", "RS"})


def is_final(reason: str) -> bool:
    """Whether nothing that the person says lets it be examined."""
    return reason not in RECOVERABLE
