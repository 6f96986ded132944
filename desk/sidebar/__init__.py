"""The side bar of the admin."""
