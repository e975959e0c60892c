"""The bot that gives automatic answers: `python -m bridge.rules`."""
