"""The floor all rooms stand on: the contract of Wattline, its rules, and the one door to the database."""
