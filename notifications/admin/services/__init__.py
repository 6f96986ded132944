"""The page of the services that carry messages: their state, and trying them."""
