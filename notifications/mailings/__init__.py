"""Messages to many; called by the admin, tasks and the sweeper."""
