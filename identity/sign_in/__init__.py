"""Staff sign-in at the OpenID issuer: mozilla-django-oidc carries the flow, we do the checking.

What the library leaves open is closed here (docs/decisions has the list): the ID token is checked
in full, people are known by (iss, sub) alone, e-mail must be verified, a staff group is required,
roles are given and taken away, every failure is a sentence on the login page, and a session is
renewed at the issuer.
"""
