"""Chats that take an afternoon to write, with one commit a message; they import nothing of ours."""
