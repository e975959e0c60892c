"""The database's history: numbered, forward only. `chats` and `web` are two files on SQLite, one database on PostgreSQL."""
