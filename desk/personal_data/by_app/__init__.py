"""What is held of a person in each app: how it is given out, what an erasure takes, what stays."""
