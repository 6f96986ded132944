"""Images, clusters, nginx and the settings of production."""
