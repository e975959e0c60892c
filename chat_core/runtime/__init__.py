"""Share between all programs: configuration, keys, tokens, files and supervision."""
