"""Make ``docs/_static/fonts/stix-two-math.woff2``, the font of the formulas, from STIX Two Math.

    npm pack @fontsource/stix-two-math@5.3.0 && tar xzf fontsource-stix-two-math-5.3.0.tgz
    pip install fonttools brotli
    python docs/figures/font.py package/files/stix-two-math-latin-400-normal.woff2

Only the characters of formulas stay: 108 KB instead of 400. All sizes of the root sign get the same width, for Chromium
leaves space for the widest of them behind every root. And the indices of all letters are on one level.
"""

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

OUT = Path(__file__).resolve().parents[1] / "_static/fonts/stix-two-math.woff2"

#: Latin, Greek, accents, arrows, operators, brackets and their parts, and the mathematical alphabets.
BLOCKS = (
    (0x20, 0x7E), (0xA0, 0xFF), (0x131, 0x131), (0x237, 0x237), (0x2C6, 0x2DD), (0x300, 0x338), (0x370, 0x3FF),
    (0x2010, 0x2064), (0x20D0, 0x20EF), (0x2100, 0x214F), (0x2190, 0x21FF), (0x2200, 0x22FF), (0x2308, 0x230B),
    (0x2320, 0x2321), (0x2329, 0x232A), (0x239B, 0x23AE), (0x23B4, 0x23B5), (0x23DC, 0x23E1), (0x25A0, 0x25AB),
    (0x25CB, 0x25CF), (0x25FB, 0x25FC), (0x27E6, 0x27EB), (0x27F0, 0x27FF), (0x2A00, 0x2A06), (0x2A2F, 0x2A2F),
    (0x2A7D, 0x2A7E), (0x1D400, 0x1D503), (0x1D538, 0x1D56B), (0x1D6A4, 0x1D6E1), (0x1D6FC, 0x1D755),
    (0x1D7CE, 0x1D7E1),
)  # fmt: skip


def narrow_roots(font: TTFont) -> None:
    """Give all sizes of the root sign the width of the smallest."""
    variants = font["MATH"].table.MathVariants
    root = font.getBestCmap()[0x221A]
    sizes = variants.VertGlyphConstruction[variants.VertGlyphCoverage.glyphs.index(root)]
    names = [record.VariantGlyph for record in sizes.MathGlyphVariantRecord]
    names += [part.glyph for part in sizes.GlyphAssembly.PartRecords]
    width = font["hmtx"][root][0]
    for name in names:
        glyph, (advance, bearing) = font["glyf"][name], font["hmtx"][name]
        factor = width / advance
        glyph.coordinates.scale((factor, 1))
        glyph.coordinates.toInt()
        glyph.recalcBounds(font["glyf"])
        font["hmtx"][name] = (width, round(bearing * factor))


def level_indices(font: TTFont) -> None:
    """As in TeX an index of y is as high as one of x, and the power of a bracket as that of a letter."""
    constants = font["MATH"].table.MathConstants
    constants.SubscriptBaselineDropMin.Value = -20
    constants.SuperscriptBaselineDropMax.Value = 386


def main() -> None:
    font = TTFont(sys.argv[1], recalcTimestamp=False)
    options = Options(hinting=False, layout_features=["*"], notdef_outline=True)
    subset = Subsetter(options)
    subset.populate(unicodes=[code for first, last in BLOCKS for code in range(first, last + 1)])
    subset.subset(font)
    narrow_roots(font)
    level_indices(font)
    font.flavor = "woff2"
    font.save(OUT)


if __name__ == "__main__":
    main()
