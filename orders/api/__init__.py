"""Products and orders over HTTP; called by URLs, and by APIs of apps above."""
