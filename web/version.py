"""Name this Wattline's version. Reads the installed package's metadata."""

from importlib.metadata import PackageNotFoundError, version


def product_version() -> str:
    """The installed version; 0 in a tree that was never installed."""
    try:
        return version("wattline")
    except PackageNotFoundError:
        return "0"
