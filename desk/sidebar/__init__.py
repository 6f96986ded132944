"""The side bar of the admin: its links, and its search."""
