"""A stand-in world on loopback: shipping provider, Africa's Talking, gateways, OpenID issuer.

It knows Dosette only by the wire. Start it with ``python -m sandbox``; in tests use
``sandbox.testing.running_sandbox``. Nothing in it is fit for the open network.
"""
