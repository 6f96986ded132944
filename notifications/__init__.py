"""Messages to customers; called by the workplace."""
