"""What a provider's file is written with; called by providers, and by models for what every
provider has."""
