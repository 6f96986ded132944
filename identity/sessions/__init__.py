"""Sessions: where they are kept, who has which open, and the pages that show and end them."""
