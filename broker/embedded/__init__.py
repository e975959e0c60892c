"""
amqtt 0.12.1 in this process, behind a guard: `packets` → `connection` → `guard` → `routing` → `sessions`; `server`
wires.
"""
