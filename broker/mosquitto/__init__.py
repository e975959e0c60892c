"""Run and configure Mosquitto."""
