"""What a value means: every depth and format against the values that were written, with and without a stated range."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minigan import data
from tests.loops import loop_over

from .writers import netpbm, png, scaled, tiff

RNG = np.random.default_rng(0)
SHAPE = (5, 7)


def values(most: int, *shape: int, least: int = 0, dtype: type = np.int64) -> np.ndarray:
    """Random values, both ends among them."""
    made = RNG.integers(least, most, shape or SHAPE, endpoint=True)
    made.ravel()[:2] = least, most
    return made.astype(dtype)


def read(tmp_path: Path, content: bytes, suffix: str, **settings) -> np.ndarray:
    """The image in this file, as (H, W) or (H, W, 3)."""
    for old in tmp_path.iterdir():
        old.unlink()
    (tmp_path / f"a{suffix}").write_bytes(content)
    dataset = data.load(f"folder:{tmp_path}", **settings)
    assert dataset.value_range == (0, 255)
    image = dataset.images[0].astype(int)
    return image[..., 0] if image.shape[2] == 1 else image


def close(found: np.ndarray, expected: np.ndarray) -> None:
    """Equal; at most one level off where an expected value is half way between two."""
    assert found.shape == expected.shape
    assert abs(found - expected).max() <= 1
    assert abs(found - expected).mean() < 0.1


GREY, RGB, ALPHA = SHAPE, (*SHAPE, 3), (*SHAPE, 4)

#: Unsigned values from 0 to the second number, in all files that can hold them.
UNSIGNED = {
    **{f"PNG {bits}": (values(2**bits - 1), 2**bits - 1, png, (bits,), {}, ".png") for bits in (1, 2, 4, 8, 16)},
    **{f"PNG RGB {bits}": (values(2**bits - 1, *RGB), 2**bits - 1, png, (bits,), {}, ".png") for bits in (8, 16)},
    **{
        f"PGM {most} {plain}": (values(most), most, netpbm, (most, plain), {}, ".pgm")
        for most in (1, 9, 100, 254, 255, 256, 1023, 4095, 65534, 65535)
        for plain in (False, True)
    },
    **{
        f"PPM {most} {plain}": (values(most, *RGB), most, netpbm, (most, plain), {}, ".ppm")
        for most in (1, 100, 255, 256, 4095, 65535)
        for plain in (False, True)
    },
    **{
        f"TIFF {bits} {order} {deflated}": (
            *(values(2**bits - 1), 2**bits - 1, tiff, (bits,)),
            *({"order": order, "deflated": deflated}, ".tif"),
        )
        for bits in (1, 2, 4, 8, 16)
        for order in "<>"
        for deflated in (False, True)
    },
    **{
        f"TIFF RGB {bits} {order} {deflated}": (
            *(values(2**bits - 1, *RGB), 2**bits - 1, tiff, (bits,)),
            *({"order": order, "deflated": deflated, "photometric": 2}, ".tiff"),
        )
        for bits in (8, 16)
        for order in "<>"
        for deflated in (False, True)
    },
    "TIFF 12": (values(4095, 4, 8), 4095, tiff, (12,), {}, ".tif"),
}

#: The same, with 0 for white.
WHITE_IS_ZERO = {
    f"{bits} {order} {deflated}": (
        values(2**bits - 1),
        2**bits - 1,
        tiff,
        (bits,),
        {"photometric": 0, "order": order, "deflated": deflated},
        ".tif",
    )
    for bits in (1, 2, 4, 8, 16)
    for order in "<>"
    for deflated in (False, True)
}


@loop_over(name=UNSIGNED)
def test_values_are_scaled_from_the_whole_range_of_their_depth(name, tmp_path):
    stored, most, write, arguments, options, suffix = UNSIGNED[name]
    close(read(tmp_path, write(stored, *arguments, **options), suffix), scaled(stored, 0, most))


@loop_over(name=UNSIGNED)
def test_a_stated_range_is_that_of_the_values_in_the_file(name, tmp_path):
    stored, most, write, arguments, options, suffix = UNSIGNED[name]
    content = write(stored, *arguments, **options)
    close(read(tmp_path, content, suffix, value_range=(0, most)), scaled(stored, 0, most))
    if most < 4:
        return
    low, high = most // 4, most // 2
    part = np.clip(stored, low, high)
    close(read(tmp_path, write(part, *arguments, **options), suffix, value_range=(low, high)), scaled(part, low, high))


@loop_over(name=UNSIGNED)
def test_a_value_outside_the_stated_range_is_an_error_that_names_the_file(name, tmp_path, refuses):
    stored, most, write, arguments, options, suffix = UNSIGNED[name]
    content = write(stored, *arguments, **options)
    if most > 1:
        with refuses(
            tmp_path / f"a{suffix}", f"expected values from 0 to {most - 1}, got 0 to {most:g}", "--data-range"
        ):
            read(tmp_path, content, suffix, value_range=(0, most - 1))
    with refuses(tmp_path / f"a{suffix}", f"holds values from 0 to {most:g}", f"--data-range 0 {most * 2 + 1:g}"):
        read(tmp_path, content, suffix, value_range=(0, most * 2 + 1))


@loop_over(name=UNSIGNED)
def test_a_resized_picture_is_rounded_once(name, tmp_path):
    """Of a flat picture every pixel has its value, whatever the depth."""
    _, most, write, arguments, options, suffix = UNSIGNED[name]
    flat = np.full_like(UNSIGNED[name][0], most // 3 if most > 2 else 1)
    image = read(tmp_path, write(flat, *arguments, **options), suffix, image_size=3)
    assert abs(image - scaled(flat.ravel()[0], 0, most)).max() <= 1


@loop_over(name=WHITE_IS_ZERO)
def test_where_zero_is_white_low_values_are_light(name, tmp_path):
    stored, most, write, arguments, options, suffix = WHITE_IS_ZERO[name]
    content = write(stored, *arguments, **options)
    close(read(tmp_path, content, suffix), 255 - scaled(stored, 0, most))
    part = np.clip(stored, 0, max(most // 2, 1))
    content = write(part, *arguments, **options)
    close(read(tmp_path, content, suffix, value_range=(0, max(most // 2, 1))), 255 - scaled(part, 0, max(most // 2, 1)))


#: Values without a range of their own: numbers with a sign, of 32 bits, with fractions.
UNSTATED = {
    "signed 8 <": (values(100, least=-100, dtype=np.int8), 8, 2, "<"),
    "signed 8 >": (values(100, least=-100, dtype=np.int8), 8, 2, ">"),
    "signed 16 <": (values(3000, least=-1000, dtype=np.int16), 16, 2, "<"),
    "signed 16 >": (values(3000, least=-1000, dtype=np.int16), 16, 2, ">"),
    "signed 32 <": (values(10**9, least=-5, dtype=np.int32), 32, 2, "<"),
    "signed 32 >": (values(10**9, least=-5, dtype=np.int32), 32, 2, ">"),
    "unsigned 32": (values(4 * 10**9, dtype=np.uint32), 32, 1, "<"),
    "float <": (RNG.normal(size=SHAPE).astype(np.float32), 32, 3, "<"),
    "float >": (RNG.normal(size=SHAPE).astype(np.float32), 32, 3, ">"),
}


@loop_over(deflated=[False, True])
@loop_over(name=UNSTATED)
def test_values_without_a_range_of_their_own_need_one(name, deflated, tmp_path, refuses):
    stored, bits, sample_format, order = UNSTATED[name]
    content = tiff(stored, bits, sample_format=sample_format, order=order, deflated=deflated)
    with refuses(tmp_path / "a.tif", "need the range", "--data-range LOW HIGH"):
        read(tmp_path, content, ".tif")
    low, high = float(stored.min()), float(stored.max())
    close(read(tmp_path, content, ".tif", value_range=(low, high)), scaled(stored, low, high))
    with refuses(tmp_path / "a.tif", "expected values from"):
        read(tmp_path, content, ".tif", value_range=(low, (low + high) / 2))


@loop_over(deflated=[False, True])
@loop_over(name=[name for name in UNSTATED if not name.startswith("unsigned")])
def test_such_values_may_also_be_inverted(name, deflated, tmp_path):
    stored, bits, sample_format, order = UNSTATED[name]
    content = tiff(stored, bits, sample_format=sample_format, order=order, deflated=deflated, photometric=0)
    low, high = float(stored.min()), float(stored.max())
    close(read(tmp_path, content, ".tif", value_range=(low, high)), 255 - scaled(stored, low, high))


def test_a_tiff_of_unknown_values_is_named(tmp_path, refuses):
    with refuses(tmp_path / "a.tif", "values of a kind that Pillow does not know"):
        read(tmp_path, tiff(values(255), 8, photometric=9), ".tif")


def test_a_float_picture_with_nan_is_refused(tmp_path, refuses):
    stored = np.array([[0.0, np.nan], [1.0, 0.5]], np.float32)
    with refuses("expected values from 0 to 1, got NaN"):
        read(tmp_path, tiff(stored, 32, sample_format=3), ".tif", value_range=(0, 1))


def test_a_portable_float_map_is_read_with_its_range(tmp_path):
    stored = RNG.normal(size=SHAPE).astype("<f4")
    content = b"Pf\n%d %d\n-1.0\n" % SHAPE[::-1] + stored[::-1].tobytes()
    low, high = float(stored.min()), float(stored.max())
    close(read(tmp_path, content, ".pfm", value_range=(low, high)), scaled(stored, low, high))


@loop_over(bits=[8, 16])
@loop_over(bands=[2, 4])
@loop_over(background=[None, "white", "#204060"])
def test_transparent_colours_are_blended_over_the_background(bits, bands, background, tmp_path):
    most = 2**bits - 1
    stored = values(most, *SHAPE, bands)
    opacity = stored[..., -1:] / most
    colour = {None: (0, 0, 0), "white": (255, 255, 255), "#204060": (32, 64, 96)}[background]
    expected = stored[..., :-1] / most * 255 * opacity + np.array(colour) * (1 - opacity)
    image = read(tmp_path, png(stored, bits), ".png", background=background, channels=3)
    close(image, np.rint(expected))


@loop_over(bits=[8, 16])
@loop_over(order=["<", ">"])
@loop_over(deflated=[False, True])
def test_tiffs_with_opacity_are_blended(bits, order, deflated, tmp_path):
    most = 2**bits - 1
    stored = values(most, *SHAPE, 4)
    content = tiff(stored, bits, order=order, deflated=deflated, photometric=2, extra=2)
    expected = stored[..., :3] / most * 255 * (stored[..., 3:] / most)
    close(read(tmp_path, content, ".tif"), np.rint(expected))


@loop_over(bits=[1, 2, 4, 8, 16])
def test_one_value_of_a_grey_png_may_be_transparent(bits, tmp_path):
    most = 2**bits - 1
    stored = values(most)
    key = int(stored[0, 1])
    content = png(stored, bits, transparent=key.to_bytes(2, "big"))
    expected = np.where(stored == key, 77, scaled(stored, 0, most))
    close(read(tmp_path, content, ".png", background="#4d4d4d"), expected)
    close(read(tmp_path, content, ".png", background="#4d4d4d", value_range=(0, most)), expected)


@loop_over(bits=[8, 16])
def test_one_colour_of_a_png_may_be_transparent(bits, tmp_path):
    most = 2**bits - 1
    stored = values(most, *RGB)
    stored[2] = stored[0, 0] + [0, 0, 1]  # differs only in the last bit
    content = png(stored, bits, transparent=stored[0, 0].astype(">u2").tobytes())
    expected = scaled(stored, 0, most)
    expected[(stored == stored[0, 0]).all(axis=2)] = 255
    close(read(tmp_path, content, ".png", background="white"), expected)


@loop_over(bits=[1, 2, 4, 8])
def test_a_palette_s_colours_may_be_transparent(bits, tmp_path):
    count = 2**bits
    stored, palette, opacity = values(count - 1), values(255, count, 3), values(255, count)
    content = png(stored, bits, palette=palette, transparent=opacity.astype(np.uint8).tobytes())
    share = opacity[stored][..., np.newaxis] / 255
    close(read(tmp_path, content, ".png", background="white"), np.rint(palette[stored] * share + 255 * (1 - share)))


@loop_over(background=["red", "#010203"])
def test_a_coloured_background_makes_grey_pictures_coloured(background, tmp_path):
    stored = np.zeros((*SHAPE, 2), int)
    colours = {"red": (255, 0, 0), "#010203": (1, 2, 3)}
    image = read(tmp_path, png(stored), ".png", background=background)
    np.testing.assert_array_equal(image, np.broadcast_to(colours[background], image.shape))
    assert read(tmp_path, png(stored[..., 0]), ".png", background=background).ndim == 2


@pytest.mark.parametrize("background", ["wite", "#12", "", "rgba(0, 0, 0, 0)", "#00000000"])
def test_a_background_that_is_no_opaque_colour_is_refused(background, tmp_path, refuses):
    with refuses("--background: expected a colour's name as white, or #rrggbb, got"):
        read(tmp_path, png(values(255)), ".png", background=background)


def test_premultiplied_opacity_is_undone(tmp_path):
    stored = np.full((*SHAPE, 2), 128, np.uint8)
    content = tiff(stored, 8, extra=1)
    close(read(tmp_path, content, ".tif", background="white"), np.full(SHAPE, 255))
    stored = np.full((*SHAPE, 4), 128, np.uint8)
    content = tiff(stored, 8, photometric=2, extra=1)
    close(read(tmp_path, content, ".tif", background="black"), np.full(RGB, 128))


def test_colours_of_sixteen_bits_in_planes_or_premultiplied_are_refused_by_name(tmp_path, refuses):
    stored = values(65535, *SHAPE, 4)
    with refuses(tmp_path / "a.tif", "multiplied by the opacity"):
        read(tmp_path, tiff(stored, 16, photometric=2, extra=1), ".tif")
    planes = np.ascontiguousarray(stored[..., :3].transpose(2, 0, 1)).reshape(RGB)
    with refuses(tmp_path / "a.tif", "separate planes"):
        read(tmp_path, tiff(planes, 16, photometric=2, planes=2), ".tif")


def test_lab_is_colour_with_and_without_a_range(tmp_path):
    lab = np.full((*SHAPE, 3), (138, 209 - 128, 198 - 128), np.uint8)  # TIFF stores a and b with signs
    content = tiff(lab, 8, photometric=8)
    image = read(tmp_path, content, ".tif")
    assert image.shape == RGB
    red, green, blue = image[0, 0]
    assert red > 200 > 60 > green > blue - 40
    np.testing.assert_array_equal(read(tmp_path, content, ".tif", value_range=(0, 255)), image)
    assert read(tmp_path, content, ".tif", channels=1).shape == SHAPE


def test_inverted_cmyk_jpegs_of_adobe_are_not_negatives(tmp_path):
    colours = Image.new("RGB", (16, 16), (200, 30, 60))
    colours.convert("CMYK").save(tmp_path / "x.jpg", quality=100)
    image = read(tmp_path, (tmp_path / "x.jpg").read_bytes(), ".jpg")
    assert abs(image - [200, 30, 60]).max() <= 3


def test_depths_that_differ_are_read_each_by_its_own_unless_a_range_is_stated(tmp_path, refuses):
    (tmp_path / "a.png").write_bytes(png(np.full(SHAPE, 65535), 16))
    (tmp_path / "b.png").write_bytes(png(np.full(SHAPE, 255), 8))
    (tmp_path / "c.png").write_bytes(png(np.full(SHAPE, 1), 1))
    (tmp_path / "d.pgm").write_bytes(netpbm(np.full(SHAPE, 100), 100))
    assert (data.load(f"folder:{tmp_path}").images == 255).all()
    with refuses(tmp_path / "b.png", "holds values from 0 to 255 (8-bit grey)", "--data-range 0 65535"):
        data.load(f"folder:{tmp_path}", value_range=(0, 65535))
    kept = data.load(f"folder:{tmp_path}", value_range=(0, 65535), skip_bad=True)
    assert (kept.files, [name for name, _ in kept.skipped]) == (["a.png"], ["b.png", "c.png", "d.pgm"])


def test_masks_of_0_and_1_are_black_and_white(tmp_path):
    mask = np.zeros((8, 8), int)
    mask[2:6, 3:5] = 1
    for content in (png(mask, 8), png(mask, 1), png(mask, 16), tiff(mask, 8), netpbm(mask, 255)):
        suffix = ".png" if content.startswith(b"\x89") else ".pgm" if content.startswith(b"P") else ".tif"
        np.testing.assert_array_equal(read(tmp_path, content, suffix, value_range=(0, 1)), mask * 255)
