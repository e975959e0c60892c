"""The tables' history: numbered, forward only. `chats` and `web`: two files on SQLite, one database on PostgreSQL."""
