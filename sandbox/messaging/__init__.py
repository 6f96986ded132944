"""Stand-ins for the services that carry messages; called by the sandbox's app only."""
