"""Connect to the broker."""
