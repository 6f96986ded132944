"""What is done with patients' records; called by admin, API and commands."""
