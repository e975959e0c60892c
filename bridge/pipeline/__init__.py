"""From a received message to its transaction, its replies and its acknowledgement."""
