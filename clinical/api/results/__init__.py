"""What laboratories report over HTTP: the messages that they post."""
