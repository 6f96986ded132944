"""The command `make bench`: what it is asked, and the table that it prints."""
