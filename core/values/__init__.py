"""Text, money, dates and codes as plain values, without a database; called by every app."""
