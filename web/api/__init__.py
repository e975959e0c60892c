"""
REST: one file a resource. The web process answers snapshots, sign-in and credentials; live words travel over MQTT.
"""
