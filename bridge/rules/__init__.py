"""Give automatic answers: `python -m bridge.rules`."""
