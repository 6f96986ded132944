"""SMART's scopes, read strictly: what is not understood allows nothing."""

import pytest

from identity.rights.smart import grants, is_smart, permits


@pytest.mark.parametrize(
    ("scope", "letters"),
    [
        ("system/Patient.rs", "rs"),
        ("system/Patient.r", "r"),
        ("system/Patient.cruds", "cruds"),
        ("system/Patient.read", "rs"),
        ("system/Patient.write", "cud"),
        ("system/Patient.*", "cruds"),
    ],
)
def test_letters_are_read_in_both_versions(scope, letters):
    assert grants([scope], "system") == {("Patient", letter) for letter in letters}


@pytest.mark.parametrize(
    "scope",
    [
        "patient/Patient.rs",
        "system/Patient.sr",
        "system/Patient.",
        "system/Patient",
        "system/patient.rs",
        "system/Patient.rs?category=lab",
        "system/.rs",
        "system/**.rs",
        "SYSTEM/Patient.rs",
        " system/Patient.rs",
        "system/Patient.rs\n",
        "launch/patient",
        "openid",
        "clinical:read",
        "",
    ],
)
def test_what_is_none_of_those_is_nothing(scope):
    assert not is_smart(scope)
    assert grants([scope], "system") == set()


def test_a_context_is_not_the_other():
    assert grants(["system/Patient.r"], "user") == set()
    assert grants(["user/Patient.r"], "user") == {("Patient", "r")}


def test_all_types_are_any():
    every = grants(["system/*.r"], "system")
    assert permits(every, "Patient", "r")
    assert not permits(every, "Patient", "s")
    assert not permits(grants(["system/Patient.r"], "system"), "ImagingStudy", "r")
