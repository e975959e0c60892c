"""Numbers, each beside its basis from the same run: `make bench`."""
