"""Run the broker, or configure and control another one. Imports `chat_core` only."""
