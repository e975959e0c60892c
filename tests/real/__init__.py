"""Starters of the real parts that tests run against: brokers, databases, proxies, browsers, and our own processes."""
