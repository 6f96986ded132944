"""What is stored made anew: plain columns encrypted, another first key, another index key."""
