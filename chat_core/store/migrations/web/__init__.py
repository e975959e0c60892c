"""Migrations of what web and CLI write."""
