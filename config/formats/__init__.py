"""How dates are written for staff."""
