"""Share between broker, bridge and web: the contract, the rules, the database and process helpers."""
