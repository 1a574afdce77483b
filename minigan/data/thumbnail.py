"""Small pictures of an image and of points, for notebooks."""

from io import BytesIO

import numpy as np

from minigan.io.html import image

__all__ = ["scatter", "thumbnail"]

#: The longest side of a thumbnail, in pixels of the page.
SIDE = 64

#: The side of a drawing of points, its points, and the bars of a histogram.
PLANE, MOST, BARS = 220, 1000, 40

#: The colour of real data, as in `minigan.plots`.
REAL = "#0072B2"


def thumbnail(pixels: np.ndarray, title: str) -> str:
    """The HTML of a picture of bytes (H, W, C), C 1 or 3, at most `SIDE` pixels wide and high."""
    from PIL import Image

    height, width, channels = pixels.shape
    picture = Image.fromarray(pixels[..., 0] if channels == 1 else pixels)
    picture.thumbnail((SIDE, SIDE))  # does nothing to a smaller one
    stream = BytesIO()
    picture.save(stream, format="PNG")
    return image(stream.getvalue(), title, round(SIDE * height / max(height, width)) or 1, pixelated=True)


def scatter(points: np.ndarray) -> str:
    """The HTML of a drawing of points (N, D): those of a plane, a histogram on a line, nothing for more coordinates."""
    count, size = points.shape
    if size > 2 or not count:
        return ""
    if size == 1:
        heights, _ = np.histogram(points[:, 0], BARS)
        width = PLANE / BARS
        tops = PLANE * (1 - heights / heights.max())
        marks = [
            f'<rect x="{place * width:.1f}" y="{top:.1f}" width="{width:.1f}" height="{PLANE - top:.1f}"/>'
            for place, top in enumerate(tops)
        ]
    else:
        chosen = points[:: -(-count // MOST)]
        low = chosen.min(axis=0)
        reach = float((chosen.max(axis=0) - low).max()) or 1.0
        places = 4 + (PLANE - 8) * (chosen - low) / reach
        marks = [f'<circle cx="{x:.1f}" cy="{PLANE - y:.1f}" r="1.5"/>' for x, y in places]
    drawing = "".join(marks)
    style = "background:white;max-width:100%"
    return f'<svg width="{PLANE}" height="{PLANE}" fill="{REAL}" style="{style}">{drawing}</svg>\n'
