"""What runs out with time: cases of it, and reminders; called by the sweeper."""
