"""From an event to the rows of its messages; called by services, mailings and previews."""
