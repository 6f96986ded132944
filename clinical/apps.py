"""Django's view of this app."""

from django.apps import AppConfig


class ClinicalConfig(AppConfig):
    """The app's name and its start."""

    name = "clinical"

    def ready(self) -> None:
        """Register what can go wrong, how errors are written below /fhir/, and the imports."""
        from clinical import staff_actions
        from clinical.fhir import outcomes
        from clinical.imports.patients import PatientImporter
        from clinical.imports.studies import StudyImporter
        from core.imports.registry import register
        from core.web import apis

        staff_actions.register_kinds()
        apis.register("/fhir/", outcomes.MEDIA_TYPE, outcomes.outcome)
        register(PatientImporter, StudyImporter)
