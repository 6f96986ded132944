"""How a person registers their kit, without an account: the link, the page, and the verb."""
