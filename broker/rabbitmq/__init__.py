"""RabbitMQ as Wattline's broker: the policy as its files, and the process that answers its questions."""
