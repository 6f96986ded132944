"""What is wrong with parcels and providers, and what speaks against a second one; called by all
above."""
