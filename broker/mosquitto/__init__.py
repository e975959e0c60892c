"""Mosquitto as Wattline's broker: the policy as its files, and the process that runs it."""
