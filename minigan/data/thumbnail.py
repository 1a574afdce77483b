"""A small picture of an image, for notebooks."""

from io import BytesIO

import numpy as np

from minigan.io.html import image

__all__ = ["thumbnail"]

#: The longest side of a thumbnail, in pixels of the page.
SIDE = 64


def thumbnail(pixels: np.ndarray, title: str) -> str:
    """The HTML of a picture of bytes (H, W, C), C 1 or 3, at most `SIDE` pixels wide and high."""
    from PIL import Image

    height, width, channels = pixels.shape
    picture = Image.fromarray(pixels[..., 0] if channels == 1 else pixels)
    picture.thumbnail((SIDE, SIDE))  # does nothing to a smaller one
    stream = BytesIO()
    picture.save(stream, format="PNG")
    return image(stream.getvalue(), title, round(SIDE * height / max(height, width)) or 1, pixelated=True)
