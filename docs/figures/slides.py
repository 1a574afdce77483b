"""Draw the slides for a class: ``python -m docs.figures.slides``, half a minute.

Each slide has a number, one sentence, one figure and one question. Every number in a figure is computed by minigan. The
figures are in slides_layers.py and slides_gan.py.
"""

from pathlib import Path

from matplotlib.backends.backend_pdf import PdfPages

import minigan as mg
from docs.figures import slides_gan, slides_layers
from docs.figures.slide import framed
from minigan.io.atomic_write import atomic_path

__all__ = ["OUT", "SLIDES", "draw_slides"]

SLIDES = [*slides_layers.SLIDES, *slides_gan.SLIDES]

OUT = Path(__file__).with_name("slides.pdf")


def draw_slides(path: Path) -> int:
    """Write all slides as one PDF file; returns their number."""
    mg.backend.threads(1)  # networks as small as these are fastest on one thread
    with atomic_path(path) as temporary, PdfPages(temporary, metadata={"CreationDate": None, "Producer": None}) as pdf:
        for number, (sentence, question, draw) in enumerate(SLIDES, 1):
            pdf.savefig(framed(number, sentence, question, draw()))
    return len(SLIDES)


if __name__ == "__main__":
    print(f"{draw_slides(OUT)} slides in {OUT.name}")
