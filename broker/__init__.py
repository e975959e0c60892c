"""Room 1: who may say what. Imports `chat_core` only; `bridge` and `web` never import it."""
