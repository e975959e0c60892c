"""Run the demo clients and their meters: `python -m bridge.demo`."""
