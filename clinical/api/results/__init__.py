"""Results of laboratories over HTTP: the messages that they post, and what became of them."""
