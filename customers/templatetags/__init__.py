"""Tags for templates that hold addresses."""
