"""What a newcomer meets first: the list of what there is, and true examples. Called by `config`."""
