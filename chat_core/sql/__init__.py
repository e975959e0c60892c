"""How `store` keeps its word in SQL, on SQLite and on PostgreSQL. Only `store` imports this; nothing else knows it."""
