"""Start the real parts that tests use: brokers, databases, proxies, browsers and Wattline's processes."""
