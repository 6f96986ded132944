"""The clinic's own patients and studies (clinical/demo_data) as FHIR tells them, whole."""

from typing import Any

Json = dict[str, Any]
RADIOLOGY = {
    "coding": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/v2-0074",
            "code": "RAD",
            "display": "Radiology",
        }
    ]
}


def patients(system: str) -> list[Json]:
    """Without their ids; `system` is that of the ids they were imported with."""
    return [
        {
            "resourceType": "Patient",
            "identifier": [{"system": system, "value": "1"}],
            "active": True,
            "name": [{"text": "Jose Villalobos", "family": "Villalobos", "given": ["Jose"]}],
            "telecom": [{"system": "email", "value": "pepe@ejemplo.com"}],
            "birthDate": "1955-04-10",
        },
        {
            "resourceType": "Patient",
            "identifier": [{"system": system, "value": "2"}],
            "active": True,
            "name": [{"text": "Jessica Ramirez", "family": "Ramirez", "given": ["Jessica"]}],
            "telecom": [{"system": "email", "value": "jessica@ejemplo.com"}],
            "birthDate": "1971-07-01",
        },
        {
            "resourceType": "Patient",
            "identifier": [{"system": system, "value": "3"}],
            "active": True,
            "name": [
                {"text": "Diana Laura Del Toro", "family": "Del Toro", "given": ["Diana Laura"]}
            ],
            "telecom": [{"system": "email", "value": "diana@ejemplo.com"}],
            "birthDate": "1988-08-29",
        },
        {
            "resourceType": "Patient",
            "identifier": [{"system": system, "value": "4"}],
            "active": True,
            "name": [
                {"text": "Jorge Alberto Trevino", "family": "Trevino", "given": ["Jorge Alberto"]}
            ],
            "telecom": [{"system": "email", "value": "jorge@ejemplo.com"}],
            "birthDate": "1990-05-05",
        },
    ]


# Without ids, references and times: what was asked for, images and report of each study.
REQUESTS = [
    {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "category": [RADIOLOGY],
        "priority": "asap",
        "code": {"text": "X-ray"},
        "bodySite": [{"text": "STOMACH"}],
    },
    {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "category": [RADIOLOGY],
        "priority": "asap",
        "code": {"text": "X-ray"},
        "bodySite": [{"text": "NECK"}],
    },
    {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "category": [RADIOLOGY],
        "priority": "routine",
        "code": {"text": "X-ray"},
        "bodySite": [{"text": "CHEST"}],
    },
    {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "category": [RADIOLOGY],
        "priority": "urgent",
        "code": {"text": "mammogram"},
        "bodySite": [{"text": "BREASTS"}],
    },
]
IMAGES = [
    {
        "resourceType": "ImagingStudy",
        "status": "registered",
        "note": [{"text": "NO FINDINGS"}],
        "modality": [{"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "DX"}],
        "procedureCode": [{"text": "X-ray: STOMACH"}],
    },
    {
        "resourceType": "ImagingStudy",
        "status": "registered",
        "note": [{"text": "NORMAL THYROID"}],
        "modality": [{"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "DX"}],
        "procedureCode": [{"text": "X-ray: NECK"}],
    },
    {
        "resourceType": "ImagingStudy",
        "status": "registered",
        "note": [{"text": "UNUSUAL RATIO"}],
        "modality": [{"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "DX"}],
        "procedureCode": [{"text": "X-ray: CHEST"}],
    },
    {
        "resourceType": "ImagingStudy",
        "status": "registered",
        "note": [{"text": "HIGH DENSITY ON LEFT SIDE"}],
        "modality": [{"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "MG"}],
        "procedureCode": [{"text": "mammogram: BREASTS"}],
    },
]
REPORTS = [
    {
        "resourceType": "DiagnosticReport",
        "status": "registered",
        "category": [RADIOLOGY],
        "code": {
            "coding": [
                {
                    "system": "http://loinc.org",
                    "code": "18748-4",
                    "display": "Diagnostic imaging study",
                }
            ]
        },
    }
] * 4
# Whose study each is, by the number that the patient was imported with.
PATIENT_OF_STUDY = ["1", "1", "2", "3"]
