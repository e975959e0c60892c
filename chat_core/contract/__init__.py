"""The wire contract: ids, topics, payloads and who may do what. Pure."""
