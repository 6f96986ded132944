"""Countries, languages, phones and postcodes as plain values; called by every app above."""
