"""The `wattline` command."""
