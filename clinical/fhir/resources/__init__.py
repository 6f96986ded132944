"""Resources: how rows become FHIR's JSON, and which types there are."""
