"""Tables and images in HTML, which notebooks show: all text is escaped."""

from base64 import b64encode
from collections.abc import Collection, Sequence
from html import escape

__all__ = ["image", "paragraph", "preformatted", "table"]


def table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    caption: str = "",
    right: Collection[str] = (),
    bold: Collection[int] = (),
) -> str:
    """A table.

    Parameters
    ----------
    headings : sequence of str
    rows : sequence of sequences of str
        A cell for each heading.
    caption : str
        Above the table.
    right : collection of str
        Headings of columns that are aligned to the right, such as those of numbers.
    bold : collection of int
        Places of rows in bold letters.
    """
    number = "text-align:right;white-space:nowrap"  # no break at the minus of 1e-07
    styles = [number if heading in right else "text-align:left" for heading in headings]
    lines = [f'<caption style="text-align:left">{escape(caption)}</caption>'] if caption else []
    lines.append(f"<tr>{cells('th', headings, styles)}</tr>")
    for place, row in enumerate(rows):
        style = ' style="font-weight:bold"' if place in bold else ""
        lines.append(f"<tr{style}>{cells('td', row, styles)}</tr>")
    return "<table>\n" + "\n".join(lines) + "\n</table>\n"


def cells(tag: str, texts: Sequence[str], styles: Sequence[str]) -> str:
    """The cells of a row."""
    return "".join(f'<{tag} style="{style}">{escape(text)}</{tag}>' for text, style in zip(texts, styles, strict=True))


def paragraph(text: str) -> str:
    """A paragraph."""
    return f"<p>{escape(text)}</p>\n"


def preformatted(text: str) -> str:
    """Text in which line breaks and blanks stay as they are."""
    return f"<pre>{escape(text)}</pre>\n"


def image(png: bytes, title: str = "", height: int | None = None, *, pixelated: bool = False) -> str:
    """A picture in PNG format, inside the page itself.

    Parameters
    ----------
    png : bytes
    title : str
        Shown where the mouse is over it, and where no pictures are shown.
    height : int, optional
        In pixels of the page. Default: the picture's own.
    pixelated : bool
        An enlarged picture has squares instead of soft edges.
    """
    source = b64encode(png).decode()
    style = "display:inline;margin:1px"
    if height is not None:
        style += f";height:{height}px"
    if pixelated:
        style += ";image-rendering:pixelated"
    return f'<img src="data:image/png;base64,{source}" alt="{escape(title)}" title="{escape(title)}" style="{style}">\n'
