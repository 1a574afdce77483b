"""Images from folders: found in order, converted and cropped right, and every bad file named."""

import os
import struct
import time
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import EpsImagePlugin, Image

from minigan import data
from minigan.data.folder import decode, limits
from minigan.io import safe_read


def save(path: Path, pixels: np.ndarray, **options) -> np.ndarray:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return pixels


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def test_all_images_below_come_in_the_order_of_their_paths(tmp_path):
    third = save(tmp_path / "c.bmp", noise(4, 4, seed=3))
    second = save(tmp_path / "b" / "deep" / "z.PNG", noise(4, 4, seed=2))
    first = save(tmp_path / "a.png", noise(4, 4, seed=1))
    (tmp_path / "notes.txt").write_text("no image")
    dataset = data.load(f"folder:{tmp_path}")
    np.testing.assert_array_equal(dataset.images[..., 0], [first, second, third])
    assert dataset.images.dtype == np.uint8
    assert (dataset.value_range, dataset.name, dataset.labels) == ((0, 255), f"folder:{tmp_path}", None)


def test_names_with_a_dot_in_front_are_left_out(tmp_path):
    save(tmp_path / "a.png", noise(4, 4))
    save(tmp_path / ".thumbnails" / "a.png", noise(2, 2))
    (tmp_path / "._a.png").write_bytes(b"what macOS leaves on foreign disks")
    assert len(data.load(f"folder:{tmp_path}")) == 1


@pytest.mark.parametrize("extension", ["png", "bmp", "gif", "tif", "tiff", "webp", "jpg", "jpeg"])
def test_the_usual_formats_are_read(extension, tmp_path):
    flat = np.full((8, 8, 3), 200, np.uint8)
    save(tmp_path / f"a.{extension}", flat)
    images = data.load(f"folder:{tmp_path}", channels=3).images
    assert images.shape == (1, 8, 8, 3)
    assert abs(images.astype(int) - 200).max() <= 2


def test_channels_follow_the_files_unless_stated(tmp_path):
    grey = save(tmp_path / "a.png", noise(4, 4))
    assert data.load(f"folder:{tmp_path}").shape == (4, 4, 1)
    np.testing.assert_array_equal(data.load(f"folder:{tmp_path}", channels=3).images[0], np.stack([grey] * 3, axis=-1))
    colour = save(tmp_path / "b.png", noise(4, 4, 3))
    mixed = data.load(f"folder:{tmp_path}")
    assert mixed.shape == (4, 4, 3)
    np.testing.assert_array_equal(mixed.images[1], colour)
    reduced = data.load(f"folder:{tmp_path}", channels=1).images
    np.testing.assert_array_equal(reduced[0, ..., 0], grey)
    luma = colour @ [0.299, 0.587, 0.114]
    assert abs(reduced[1, ..., 0] - luma).max() <= 1


def test_a_larger_image_is_cropped_to_its_centre_and_resized(tmp_path):
    stripes = np.zeros((8, 24, 3), np.uint8)
    stripes[:, :8], stripes[:, 8:16], stripes[:, 16:] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    save(tmp_path / "wide.png", stripes)
    save(tmp_path / "tall.png", stripes.transpose(1, 0, 2))
    images = data.load(f"folder:{tmp_path}", image_size=4).images
    assert images.shape == (2, 4, 4, 3)
    np.testing.assert_array_equal(images, np.broadcast_to([0, 255, 0], images.shape))


def test_images_of_the_right_size_keep_every_pixel(tmp_path):
    pixels = save(tmp_path / "a.png", noise(6, 6, 3))
    np.testing.assert_array_equal(data.load(f"folder:{tmp_path}", image_size=6).images[0], pixels)


def test_reduction_averages_instead_of_picking_pixels(tmp_path):
    board = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)
    save(tmp_path / "a.png", board)
    images = data.load(f"folder:{tmp_path}", image_size=8).images
    assert abs(images.astype(float) - 127.5).max() < 16


def test_transparent_pixels_are_black(tmp_path):
    pixels = np.full((4, 4, 4), 255, np.uint8)
    pixels[:2, :, 3] = 0
    save(tmp_path / "a.png", pixels)
    image = data.load(f"folder:{tmp_path}").images[0]
    np.testing.assert_array_equal(image[:2], 0)
    np.testing.assert_array_equal(image[2:], 255)


def test_a_palette_is_looked_up_before_resizing(tmp_path):
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[:, ::2] = (200, 100, 0)
    Image.fromarray(pixels).quantize(2).save(tmp_path / "a.png")
    image = data.load(f"folder:{tmp_path}", image_size=1).images[0, 0, 0]
    assert abs(image.astype(int) - [100, 50, 0]).max() <= 8


def test_sixteen_bits_become_eight(tmp_path):
    values = save(tmp_path / "a.png", (np.arange(16, dtype=np.uint16) * 4369).reshape(4, 4))
    dataset = data.load(f"folder:{tmp_path}")
    np.testing.assert_array_equal(dataset.images.ravel(), values.ravel() // 257)


def test_photographs_are_turned_upright(tmp_path):
    pixels = np.zeros((16, 16), np.uint8)
    pixels[:, :8] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    save(tmp_path / "a.jpg", pixels, exif=exif, quality=100)
    image = data.load(f"folder:{tmp_path}").images[0, ..., 0]
    assert image[:8].min() > 240
    assert image[8:].max() < 15


def test_of_an_animation_the_first_frame_counts(tmp_path):
    frames = [Image.fromarray(np.full((4, 4), value, np.uint8)) for value in (10, 200)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(data.load(f"folder:{tmp_path}", channels=1).images.ravel(), [10] * 16)


def test_a_missing_folder_is_refused(tmp_path, refuses):
    with refuses(f"no such folder: {tmp_path / 'none'}"):
        data.load(f"folder:{tmp_path / 'none'}")
    (tmp_path / "file").touch()
    with refuses(f"no such folder: {tmp_path / 'file'}"):
        data.load(f"folder:{tmp_path / 'file'}")


def test_a_folder_without_images_is_refused(tmp_path, refuses):
    (tmp_path / "notes.txt").touch()
    (tmp_path / "folder.png").mkdir()
    with refuses(f"{tmp_path}: no images in this folder", ".png"):
        data.load(f"folder:{tmp_path}")


@pytest.mark.parametrize("content", [b"", b"not an image", b"\x89PNG\r\n\x1a\n" + b"\0" * 50])
def test_a_file_that_is_no_image_is_named(content, tmp_path, refuses):
    save(tmp_path / "a.png", noise(4, 4))
    (tmp_path / "b.png").write_bytes(content)
    with refuses(f"{tmp_path / 'b.png'}: cannot be read as an image: "):
        data.load(f"folder:{tmp_path}")


@pytest.mark.parametrize("extension", ["png", "jpg"])
def test_an_image_cut_short_is_named(extension, tmp_path, refuses):
    save(tmp_path / f"a.{extension}", noise(64, 64))
    path = tmp_path / f"b.{extension}"
    save(path, noise(64, 64))
    path.write_bytes(path.read_bytes()[:-1000])
    with refuses(f"{path}: cannot be read as an image: "):
        data.load(f"folder:{tmp_path}")


def test_the_first_image_of_another_size_is_named(tmp_path, refuses):
    for name, shape in {"a": (4, 4), "b": (4, 4), "c": (5, 6), "d": (7, 7)}.items():
        save(tmp_path / f"{name}.png", noise(*shape))
    with refuses(f"{tmp_path / 'c.png'}: expected 4x4 (height x width) as a.png is, got 5x6", "--image-size 4"):
        data.load(f"folder:{tmp_path}")


def test_images_need_not_be_square(tmp_path):
    pixels = save(tmp_path / "a.png", noise(4, 6))
    np.testing.assert_array_equal(data.load(f"folder:{tmp_path}").images[0, ..., 0], pixels)


@pytest.mark.parametrize("channels", [0, 2, 4])
def test_other_channels_are_refused(channels, tmp_path, refuses):
    with refuses(f"expected channels of 1 or 3, got {channels}"):
        data.load(f"folder:{tmp_path}", channels=channels)


def test_an_image_size_of_nothing_is_refused(tmp_path, refuses):
    with refuses("expected an image size such as 28 or 28x56 (height x width), got 0"):
        data.load(f"folder:{tmp_path}", image_size=0)


def test_there_is_only_a_split_to_train_on(tmp_path, refuses):
    with refuses(f"folder:{tmp_path}", "split test"):
        data.load(f"folder:{tmp_path}", split="test")


# Pictures and folders made to do harm


def png(width: int, height: int, data: bytes = b"", *more: tuple[bytes, bytes]) -> bytes:
    """A grey PNG of any size, chunk by chunk."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), *more, (b"IDAT", zlib.compress(data)), (b"IEND", b"")]
    parts = [struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_a_header_that_asks_for_gigabytes_is_refused_without_decoding(tmp_path, refuses):
    (tmp_path / "a.png").write_bytes(png(30_000, 30_000))
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with refuses(f"{tmp_path / 'a.png'}: cannot be read as an image: "):
            data.load(f"folder:{tmp_path}", image_size=8)
    assert not warned


def test_the_most_pixels_are_those_of_a_good_camera(tmp_path, monkeypatch, refuses):
    assert 8192 * 6144 <= limits.PIXELS < 2**27
    monkeypatch.setattr(limits, "PIXELS", 2**20)
    (tmp_path / "a.png").write_bytes(png(1024, 1025, bytes(1025 * 1025)))
    with refuses("a.png: cannot be read as an image: expected at most 1,048,576 pixels, got 1025x1024"):
        data.load(f"folder:{tmp_path}", image_size=8)
    (tmp_path / "a.png").write_bytes(png(1024, 1024, bytes(1025 * 1024)))
    assert len(data.load(f"folder:{tmp_path}", image_size=8)) == 1


def test_pictures_that_all_claim_to_be_large_are_refused_before_memory_is_asked_for(tmp_path, monkeypatch, refuses):
    monkeypatch.setattr(safe_read, "UNPACKED", 20_000)
    monkeypatch.setattr(safe_read, "RATIO", 2)
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(png(50, 50, bytes(51 * 50)))
    with refuses(f"{tmp_path}: expected at most 20,000 bytes unpacked, got 3 images of 50x50 (height x width) in "):
        data.load(f"folder:{tmp_path}")


def test_an_image_size_beyond_all_memory_is_refused(tmp_path, refuses):
    save(tmp_path / "a.png", noise(4, 4))
    with refuses("images of shape (1, 2147483647, 2147483647, 1) do not fit into the memory"):
        data.load(f"folder:{tmp_path}", image_size=2**31 - 1)


def test_no_more_pixels_are_decoded_at_a_time_than_one_picture_may_have():
    room, busy, most = limits.Room(), [], []

    def decode(pixels: int) -> None:
        with room.taken(pixels):
            busy.append(pixels)
            most.append(sum(busy))
            time.sleep(0.002)
            busy.remove(pixels)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(decode, [limits.PIXELS, 1, 30 << 20, 20 << 20, 10 << 20, limits.PIXELS, 5, 40 << 20] * 3))
    assert len(most) == 24
    with room.taken(10 * limits.PIXELS):  # what needs more gets all
        pass
    assert max(most) <= limits.PIXELS


def test_a_program_in_the_place_of_a_picture_is_not_run(tmp_path, monkeypatch, refuses):
    """Pillow knows EPS, and has Ghostscript run it."""
    ran = []
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *_: ran.append(True))
    (tmp_path / "a.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\n(x) print\n")
    with refuses("a.png: cannot be read as an image: "):
        data.load(f"folder:{tmp_path}")
    assert not ran


def test_damaged_notes_about_a_whole_picture_are_passed_over(tmp_path):
    (tmp_path / "a.png").write_bytes(png(2, 2, bytes(6), (b"eXIf", b"MM\0*\0\0\0\x08\0\x09")))
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        assert data.load(f"folder:{tmp_path}").shape == (2, 2, 1)
    assert not warned


def test_the_folder_itself_may_be_a_link(tmp_path):
    save(tmp_path / "there" / "a.png", noise(4, 4))
    (tmp_path / "here").symlink_to("there")
    assert len(data.load(f"folder:{tmp_path / 'here'}")) == 1


def test_a_folder_below_that_is_a_link_to_those_above_is_not_followed(tmp_path):
    save(tmp_path / "a.png", noise(4, 4))
    (tmp_path / "round").symlink_to(".")
    assert len(data.load(f"folder:{tmp_path}")) == 1


@pytest.mark.parametrize(
    "make", [os.mkfifo, lambda path: path.symlink_to(path.name), lambda path: path.symlink_to("x")]
)
def test_what_has_a_picture_s_name_and_cannot_be_opened_is_named(make, tmp_path, refuses):
    save(tmp_path / "a.png", noise(4, 4))
    make(tmp_path / "b.png")
    with refuses(f"{tmp_path / 'b.png'}: cannot be read as an image: "):
        data.load(f"folder:{tmp_path}")


def test_folders_nested_deeper_than_calls_are_searched(tmp_path):
    places = [tmp_path]
    for _ in range(1200):
        places.append(places[-1] / "d")
        places[-1].mkdir()
    save(places[-1] / "a.png", noise(4, 4))
    assert len(data.load(f"folder:{tmp_path}")) == 1
    (places[-1] / "a.png").unlink()
    for place in reversed(places[1:]):  # what removes folders afterwards may call itself
        place.rmdir()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is forbidden to this user")
def test_a_folder_below_that_may_not_be_read_is_named(tmp_path, refuses):
    save(tmp_path / "a.png", noise(4, 4))
    (tmp_path / "secret").mkdir(0)
    with refuses(f"{tmp_path / 'secret'}: cannot be read: Permission denied"):
        data.load(f"folder:{tmp_path}")


def test_a_name_that_would_steer_a_terminal_is_shown_without_it(tmp_path, refuses):
    (tmp_path / "a\x1b[2J\nb.png").write_bytes(b"no picture")
    with refuses(f"{tmp_path}/a?[2J b.png: cannot be read as an image: "):
        data.load(f"folder:{tmp_path}")


def test_slow_work_is_shown_with_its_progress(tmp_path, monkeypatch):
    shown = []

    def track(items, total, description):
        for item in items:
            shown.append((description, total))
            yield item

    monkeypatch.setattr(decode, "track", track)
    for number in range(3):
        save(tmp_path / f"{number}.png", noise(4, 4))
    data.load(f"folder:{tmp_path}")
    assert shown == 3 * [("looking at images", 3)] + 3 * [("reading images", 3)]


@pytest.mark.parametrize("size", [np.int64(4), (np.int32(4), 4), [4, 4]])
def test_numpy_s_numbers_are_sizes(size, tmp_path):
    save(tmp_path / "a.png", noise(8, 8))
    assert data.load(f"folder:{tmp_path}", image_size=size, channels=np.int64(1)).shape == (4, 4, 1)


@pytest.mark.parametrize("size", [True, 4.0, "4.0", (4,), (4, 4, 4), (4, 0), (4, None), (), -1])
def test_other_sizes_are_refused(size, tmp_path, refuses):
    save(tmp_path / "a.png", noise(8, 8))
    with refuses("expected an image size such as 28 or 28x56 (height x width), got"):
        data.load(f"folder:{tmp_path}", image_size=size)


@pytest.mark.parametrize("value_range", [(1, 0), (0, 0), (0, float("nan")), (0, float("inf")), (True, 5), (1, 2, 3)])
def test_other_ranges_are_refused(value_range, tmp_path, refuses):
    save(tmp_path / "a.png", noise(8, 8))
    with refuses("expected a value range LOW < HIGH, got"):
        data.load(f"folder:{tmp_path}", value_range=value_range)


def test_with_a_stated_range_colours_become_grey_by_their_luma(tmp_path):
    colour = save(tmp_path / "a.png", noise(6, 6, 3) // 2)
    grey = data.load(f"folder:{tmp_path}", value_range=(0, 127), channels=1).images[0, ..., 0]
    assert abs(grey - colour @ [0.299, 0.587, 0.114] / 127 * 255).max() <= 0.51
