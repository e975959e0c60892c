"""Real processes killed under load, and a checker that trusts none of them. See `test_chaos.py`."""
