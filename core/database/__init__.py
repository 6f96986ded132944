"""PostgreSQL's clock, statements, folding and rights; called by every app."""
