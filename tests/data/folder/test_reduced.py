"""Large photographs: decoded at a part of their size, nearly as the whole; and the limits of what is decoded at all."""

import io
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minigan import data
from minigan.data.folder import limits, picture
from tests.loops import loop_over


def photograph(height: int, width: int, seed: int) -> Image.Image:
    """Random colours with the spectrum of photographs: amplitudes fall as 1/f."""
    random = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(height)[:, np.newaxis], np.fft.rfftfreq(width))
    frequency[0, 0] = np.inf
    bands = []
    for _ in range(3):
        waves = random.normal(size=frequency.shape) + 1j * random.normal(size=frequency.shape)
        band = np.fft.irfft2(waves / frequency, (height, width))
        bands.append(band / band.std() * 50 + 128)
    return Image.fromarray(np.clip(np.stack(bands, axis=-1), 0, 255).astype(np.uint8))


def load(folder: Path, size, **settings) -> np.ndarray:
    return data.load(f"folder:{folder}", image_size=size, **settings).images.astype(int)


CASES = [((600, 800), 32), ((400, 500), (28, 56)), ((500, 400), (28, 56)), ((257, 391), 21), ((300, 300), 50)]


@loop_over(progressive=[False, True])
@loop_over(channels=[1, 3])
@loop_over(case=CASES)
def test_a_part_of_the_size_gives_nearly_the_same_picture(case, channels, progressive, tmp_path, monkeypatch):
    shape, size = case
    photograph(*shape, seed=0).save(tmp_path / "a.jpg", quality=90, progressive=progressive)
    part = load(tmp_path, size, channels=channels)
    monkeypatch.setattr(picture, "REDUCED", 1000)
    whole = load(tmp_path, size, channels=channels)
    monkeypatch.undo()
    assert (part != whole).any()
    assert abs(part - whole).mean() < 1
    assert abs(part - whole).max() < 16


@loop_over(scale=[2, 4, 8])
def test_a_jpeg_is_decoded_at_the_smallest_size_that_is_enough(scale, tmp_path, monkeypatch):
    loaded = []
    monkeypatch.setattr(picture, "_flat", lambda image, *rest: loaded.append(image.size) or image)
    photograph(30 * scale, 40 * scale, seed=1).save(tmp_path / "a.jpg")
    load(tmp_path, 10)
    assert loaded == [(40, 30)]


def test_a_picture_of_the_size_asked_for_keeps_every_bit(tmp_path):
    photograph(48, 64, seed=2).save(tmp_path / "a.jpg", quality=80)
    expected = np.asarray(Image.open(tmp_path / "a.jpg"))
    np.testing.assert_array_equal(load(tmp_path, (48, 64))[0], expected)
    np.testing.assert_array_equal(data.load(f"folder:{tmp_path}").images[0], expected)


def test_a_stated_range_has_the_whole_picture_checked(tmp_path, refuses):
    """Of a part of the size a value outside may be averaged away."""
    pixels = np.full((320, 320), 100, np.uint8)
    pixels[7, 7] = 255
    Image.fromarray(pixels).save(tmp_path / "a.jpg", quality=100)
    with refuses(tmp_path / "a.jpg", "expected values from 0 to 150, got"):
        load(tmp_path, 8, value_range=(0, 150))


# Limits


def claiming(content: bytes, height: int, width: int) -> bytes:
    """A JPEG whose header states another size."""
    place = content.index(b"\xff\xc0") + 5
    return content[:place] + struct.pack(">HH", height, width) + content[place + 4 :]


def jpeg(height: int, width: int, **options) -> bytes:
    file = io.BytesIO()
    Image.new("L", (width, height), 200).save(file, "JPEG", **options)
    return file.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize(("height", "width"), [(9000, 12000), (12240, 16320)])
@pytest.mark.parametrize("progressive", [False, True])
def test_photographs_of_108_and_200_megapixels_are_read(height, width, progressive, tmp_path):
    (tmp_path / "a.jpg").write_bytes(jpeg(height, width, progressive=progressive))
    assert abs(load(tmp_path, 64) - 200).max() <= 1


def test_a_jpeg_above_pillow_s_own_limit_is_read_at_a_part_of_its_size(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
    monkeypatch.setattr(limits, "PIXELS", 2**20)
    (tmp_path / "a.jpg").write_bytes(jpeg(1500, 2000))
    assert abs(load(tmp_path, 32) - 200).max() <= 1
    tracemalloc.start()
    load(tmp_path, 32)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**22


def test_what_is_too_large_is_refused_with_a_remedy(tmp_path, monkeypatch, refuses):
    (tmp_path / "a.jpg").write_bytes(claiming(jpeg(16, 16), 65_000, 65_000))
    with refuses(
        "a.jpg: cannot be read as an image: expected at most 268,435,456 pixels, got 65000x65000", "--skip-bad"
    ):
        load(tmp_path, 32)
    (tmp_path / "a.jpg").write_bytes(jpeg(1500, 2000))
    monkeypatch.setattr(limits, "PIXELS", 2**20)
    with refuses("a.jpg", "expected at most 1,048,576 pixels, got 1500x2000 (height x width)", "save it smaller"):
        load(tmp_path, 1400)
    with refuses("a.jpg", "expected at most 1,048,576 pixels", "save it smaller"):
        data.load(f"folder:{tmp_path}")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
    Image.new("L", (2000, 1500)).save(tmp_path / "a.png")
    (tmp_path / "a.jpg").unlink()
    with refuses("a.png", "expected at most 1,048,576 pixels", "save it smaller", "--skip-bad"):
        load(tmp_path, 32)


def test_large_progressive_photographs_take_turns(tmp_path):
    """Their coefficients stay in memory while they are decoded, whatever the size of the result."""
    large = picture.Head(
        (16320, 12240), 1, picture.Form(picture.Kind.BYTES, False, False, 0, 255, True, False, ""), True, True
    )
    settings = picture.Settings((64, 64), 3, None, (0, 0, 0))
    assert picture.cost(large, settings) > limits.PIXELS // 2
    assert picture.cost(large._replace(progressive=False), settings) < limits.PIXELS // 8
    with limits.Room().taken(picture.cost(large, settings)):
        pass


@loop_over(size=[(3, 5), (5, 3), (7, 7), (1, 8)])
def test_the_middle_is_cropped_to_the_ratio_asked_for(size, tmp_path):
    """The least is lost: one side stays whole."""
    height, width = 60, 84
    rows, columns = np.mgrid[:height, :width]
    Image.fromarray((rows + columns).astype(np.uint8)).save(tmp_path / "a.png")
    image = load(tmp_path, size)[0, ..., 0]
    assert image.shape == size
    ratio = size[0] / size[1]
    down, across = min(height, width * ratio), min(width, height / ratio)
    centres = [
        (np.arange(n) + 0.5) / n * part + (whole - part) / 2
        for n, part, whole in zip(size, (down, across), (height, width))
    ]
    expected = centres[0][:, np.newaxis] + centres[1] - 1
    assert abs(image - expected).max() < 2.5
