"""HL7 FHIR R4 (4.0.1), read-only, at /fhir/: patients and studies as other systems of a clinic read
them; called by config/urls.py. Decision 0046 says what is mapped to what."""
