"""Migrations of what the bridge writes."""
