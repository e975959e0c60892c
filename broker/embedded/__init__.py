"""
Run amqtt 0.12.1 in this process, behind a guard. Its faults: docs/brokers.md#the-embedded-broker-amqtt-behind-a-guard.

`listeners` accepts a connection, `packets` reads it, `connect` signs it in, and `guard` checks and routes. `sessions`
queue what the tree in `routing` finds, `connection` writes. `driver` wires.
"""
