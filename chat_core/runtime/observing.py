"""
Log and count. What the packages of clients/ share with the server observes through this module: theirs of this name
uses the standard library only.
"""

from prometheus_client import Counter
from structlog import get_logger

__all__ = ["Counter", "get_logger"]
