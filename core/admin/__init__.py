"""What the pages of every app's admin are made of; called by admin modules only."""
