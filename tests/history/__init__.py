"""The history of records, from every door that changes them."""
