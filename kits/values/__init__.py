"""What is printed on kits, as it is typed and as it is kept; no database."""
