"""What pages, API and figures share about exceptions: when they are due, who may act on which."""
