"""Stand-ins for shipping providers; called by the sandbox's app only."""
