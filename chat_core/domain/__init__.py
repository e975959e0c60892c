"""The rules of conversations, meters and settings."""
