"""What is wrong with parcels and providers, and what speaks against a second parcel; called
by all above."""
