"""Run the broker, or render and control another one. Imports `chat_core` only; `bridge` and `web` never import it."""
