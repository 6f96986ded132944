"""What can be asked here, for programs: the CapabilityStatement, and SMART's configuration.

Open to all, as the OpenAPI document is: they say what there is, not what is in it. Both
specifications have clients read them before they have a token.
"""

from typing import Any

from django.conf import settings
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinical.fhir.errors import handle
from clinical.fhir.negotiation import FhirNegotiation, FhirRenderer
from clinical.fhir.outcomes import MEDIA_TYPE
from clinical.fhir.search.catalogue import TYPES, ResourceType
from clinical.fhir.views import base
from core.api.rows import Json
from identity.tokens.issuer_keys import issuer

CHANGED_ON = "2026-11-29"  # the day on which what it says changed last
FHIR_VERSION = "4.0.1"
DEFINITION = "http://hl7.org/fhir/SearchParameter/{}-{}".format
SECURITY = (
    "Bearer tokens of a trusted issuer with the scope clinical:read, or SMART's system/*.rs and "
    "user/*.rs for the types needed. Every read is on record."
)
SMART = {
    "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
    "code": "SMART-on-FHIR",
}
# What of the issuer's own document SMART wants repeated.
OF_THE_ISSUER = (
    "issuer",
    "jwks_uri",
    "authorization_endpoint",
    "token_endpoint",
    "grant_types_supported",
    "token_endpoint_auth_methods_supported",
    "introspection_endpoint",
    "revocation_endpoint",
)


class OpenView(APIView):
    """Open to all, and the same for all."""

    schema = None
    metadata_class = None
    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes = []  # by address: identity/api/throttles.py

    def get_exception_handler(self) -> Any:
        """Errors are OperationOutcomes."""
        return handle


class CapabilityView(OpenView):
    """https://hl7.org/fhir/R4/capabilitystatement.html."""

    renderer_classes = [FhirRenderer]
    content_negotiation_class = FhirNegotiation

    def get(self, request: Request) -> Response:
        """The statement."""
        return Response(statement(base(request)))


class SmartConfigurationView(OpenView):
    """https://hl7.org/fhir/smart-app-launch/conformance.html: where tokens are had."""

    renderer_classes = [JSONRenderer]

    def get(self, request: Request) -> Response:
        """The configuration. Raises KeysUnavailableError while the issuer cannot be asked."""
        document = issuer(settings.OIDC_ISSUER).document()
        from_issuer = {name: document[name] for name in OF_THE_ISSUER if name in document}
        return Response(
            {"grant_types_supported": ["authorization_code", "client_credentials"]}
            | from_issuer
            | {
                "scopes_supported": [
                    "clinical:read",
                    *(
                        f"{context}/{name}.rs"
                        for context in ("system", "user")
                        for name in ("*", *(kind.name for kind in TYPES))
                    ),
                ],
                "code_challenge_methods_supported": ["S256"],
                "capabilities": ["permission-user", "permission-v1", "permission-v2"],
            }
        )


def statement(address: str) -> Json:
    """The CapabilityStatement of this instance, whose /fhir/ is at `address`."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": CHANGED_ON,
        "kind": "instance",
        "software": {"name": "Dosette"},
        "implementation": {"description": "Dosette: patients and studies", "url": address},
        "fhirVersion": FHIR_VERSION,
        "format": [MEDIA_TYPE, "json"],
        "rest": [
            {
                "mode": "server",
                "security": {
                    "cors": False,
                    "service": [{"coding": [SMART]}],
                    "description": SECURITY,
                },
                "resource": [_resource(kind) for kind in TYPES],
            }
        ],
    }


def _resource(kind: ResourceType) -> Json:
    parameters = [
        {
            "name": name,
            "definition": DEFINITION("Resource" if name[0] == "_" else kind.name, name.lstrip("_")),
            "type": parameter.kind,
            "documentation": parameter.about,
        }
        for name, parameter in kind.parameters.items()
    ]
    return {
        "type": kind.name,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "versioning": "versioned",
        "readHistory": False,
        "conditionalRead": "not-match",
        **({"searchInclude": list(kind.includes)} if kind.includes else {}),
        "searchParam": parameters,
    }
