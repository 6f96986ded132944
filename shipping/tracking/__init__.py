"""What providers report, and what follows from it; called by webhooks, tasks and sweeper."""
