"""What processes of every program share: configuration, keys, tokens, files and supervision."""
