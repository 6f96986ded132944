"""How staff find customers; called by every app that has customers."""
