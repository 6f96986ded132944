"""One message to many customers; called by the admin, tasks and the sweeper."""
