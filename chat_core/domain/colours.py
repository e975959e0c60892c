"""Compute the contrast of colours, as WCAG 2.2 defines it. Touches nothing."""

from colorsys import hls_to_rgb, rgb_to_hls
from typing import Final

WHITE: Final = "#ffffff"
READABLE: Final = 4.5  # WCAG 2.2, 1.4.3 Contrast (Minimum)
STEPS: Final = 100


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21. Args: one, other: `#rrggbb`."""
    dark, bright = sorted((_luminance(_parts(one)), _luminance(_parts(other))))
    return (bright + 0.05) / (dark + 0.05)


def darkened(colour: str, share: float) -> str:
    """Return the colour mixed with black, of the same hue and saturation. Args: share: of the colour, 0 to 1."""
    return "#" + "".join(f"{round(part * share):02x}" for part in _parts(colour))


def lightened(colour: str, surface: str, least: float) -> str:
    """Return the colour mixed with as little white as gives the contrast on a dark surface."""
    parts = _parts(colour)
    for step in range(STEPS + 1):
        mixed = "#" + "".join(f"{round(part + (255 - part) * step / STEPS):02x}" for part in parts)
        if contrast(mixed, surface) >= least:
            return mixed
    return WHITE


def raised(colour: str, surface: str, least: float) -> str:
    """Return the colour with as little more lightness (HSL) as gives the contrast on a dark surface."""
    hue, lightness, saturation = rgb_to_hls(*(part / 255 for part in _parts(colour)))
    for step in range(STEPS + 1):
        lighter = lightness + (1 - lightness) * step / STEPS
        mixed = "#" + "".join(f"{round(part * 255):02x}" for part in hls_to_rgb(hue, lighter, saturation))
        if contrast(mixed, surface) >= least:
            return mixed
    return WHITE


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(parts: tuple[int, int, int]) -> float:
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (part / 255 for part in parts)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
