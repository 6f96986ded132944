"""Who may come in: tokens, clients, staff, roles, and the access log; called by every app above."""
