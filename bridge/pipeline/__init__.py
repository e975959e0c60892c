"""Turn a received message into a transaction, replies and an acknowledgement."""
