"""Answer and configure RabbitMQ."""
