"""
Run amqtt 0.12.1 in this process, behind a guard. Its faults: docs/brokers.md#the-embedded-broker-amqtt-behind-a-guard.

`listeners` hands a connection to `guard`, which reads `packets` from it, has `connect` sign it in, and lets a `session`
receive what the tree in `routing` finds; a `connection` writes and has deadlines. `driver` wires.
"""
