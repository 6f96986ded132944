"""A stand-in for the OpenID issuer; called by the sandbox's app and by tests."""
