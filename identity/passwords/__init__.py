"""Sign-in with a password kept here: for the day when the issuer is away, and can be switched off.

django-axes counts wrong passwords, and locks a name at one address: so nobody who guesses can lock
a member of staff out elsewhere. A second factor (TOTP) can be set up, or required.
"""
