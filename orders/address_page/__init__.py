"""The page on which a customer says where an order goes; called by URLs and by messages."""
