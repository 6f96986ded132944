"""Whose study a DICOM file is (PS3.3, C.7.1.1), read up to the patient and no further.

The rule: the file names its patient; the name has the parts of ours, in any order, letters and
accents aside; its birth date, if it has one, is ours as far as that is known; and the birth date or
a number that we know of this patient confirms it. A number that we do not know says nothing: it is
another system's. What does not fit is refused; no text of ours repeats what the file says.
"""

import re
from datetime import date, datetime
from typing import IO, Any, BinaryIO, cast

import pydicom
from django.core.exceptions import ValidationError
from pydicom.filereader import read_partial

from clinical.models import Patient
from core.values.folding import fold

# What a file says stays out of warnings, and so out of our logs.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE

PREFIX = slice(128, 132)
DEFLATED = b"1.2.840.10008.1.2.1.99"
PATIENT_GROUP = 0x0010
WORD = re.compile(r"[^\W_]+")


def is_dicom(head: bytes) -> bool:
    """Whether a file begins as DICOM files do (PS3.10, 7.1)."""
    return head[PREFIX] == b"DICM"


def check(file: IO[Any], patient: Patient) -> None:
    """Raise ValidationError (`file`) unless it is a DICOM file of this patient."""
    name, born, number = _identity(file)
    if not name:
        raise _refused("This DICOM file names no patient. Send one that does.", "no_patient")
    if not _is_name_of(name, patient):
        raise _refused("This DICOM file is of another patient: the name differs.", "other_patient")
    is_same_day = _is_birth_date_of(born, patient)
    if is_same_day is False:
        text = "This DICOM file is of another patient: the birth date differs."
        raise _refused(text, "other_patient")
    if is_same_day is None and number not in _numbers_of(patient):
        text = (
            "This DICOM file has the patient's name alone: neither a birth date nor a number that "
            "we know of this patient confirms it."
        )
        raise _refused(text, "unconfirmed_patient")


def _identity(file: IO[Any]) -> tuple[str, str, str]:
    """Name, birth date and number of the patient as the file has them."""
    file.seek(0)
    if DEFLATED in file.read(2_048):  # unpacked in memory it may be of any size
        raise _refused("This DICOM file is deflated. Send it in another syntax.", "deflated")
    file.seek(0)
    try:
        known = read_partial(
            cast("BinaryIO", file), stop_when=lambda tag, vr, length: tag.group > PATIENT_GROUP
        )
        names = ("PatientName", "PatientBirthDate", "PatientID")
        name, born, number = (str(known.get(each, "") or "").strip() for each in names)
    except Exception as error:
        raise _refused("This DICOM file cannot be read. Send it again.", "unreadable") from error
    return name, born, number


def _parts(name: str) -> set[str]:
    return set(WORD.findall(fold(name)))


def _is_name_of(name: str, patient: Patient) -> bool:
    """Whether one of its writings (letters, ideographs, sounds: PS3.5, 6.2.1) is this name."""
    ours = _parts(str(patient))
    writings = (_parts(each) for each in name.split("="))
    return any(parts and (parts <= ours or ours <= parts) for parts in writings)


def _is_birth_date_of(text: str, patient: Patient) -> bool | None:
    """Whether it is; None where the file has none."""
    if not text:
        return None
    day = _date(text)
    born = patient.born
    return day is not None and born.day <= day <= born.last


def _date(text: str) -> date | None:
    try:
        return datetime.strptime(text.replace(".", ""), "%Y%m%d").date()  # noqa: DTZ007 - a date
    except ValueError:
        return None


def _numbers_of(patient: Patient) -> set[str]:
    """What other systems call this patient."""
    known = {each.value for each in patient.identifiers.all()}
    return known | ({patient.external_id} if patient.external_id else set())


def _refused(reason: str, code: str) -> ValidationError:
    return ValidationError({"file": ValidationError(reason, code=code)})
