"""What a list has above it: views that were saved, and what it comes to."""
