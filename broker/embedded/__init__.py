"""
amqtt 0.12.1 in this process, behind a guard.

`listeners` hands a connection to `guard`, which reads `packets` from it, asks the `door` who it is, and lets a
`session` hear what the tree in `routing` finds; a `connection` writes and has deadlines. `server` wires.
"""
