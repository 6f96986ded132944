"""The settings of every environment."""
