"""Images from folders: found in order, converted and cropped right, and every bad file named."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minigan import data


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
    save(tmp_path / "a.png", (np.arange(16, dtype=np.uint16) * 4096 + 5).reshape(4, 4))
    dataset = data.load(f"folder:{tmp_path}")
    np.testing.assert_array_equal(dataset.images.ravel(), np.arange(16) * 16)


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


def test_no_such_folder_is_told(tmp_path, refuses):
    with refuses(f"no such folder: {tmp_path / 'none'}"):
        data.load(f"folder:{tmp_path / 'none'}")
    (tmp_path / "file").touch()
    with refuses(f"no such folder: {tmp_path / 'file'}"):
        data.load(f"folder:{tmp_path / 'file'}")


def test_a_folder_without_images_is_told(tmp_path, refuses):
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


def test_floating_point_images_are_refused(tmp_path, refuses):
    save(tmp_path / "a.tif", np.zeros((4, 4), np.float32))
    with refuses(tmp_path / "a.tif", "32 bits a pixel"):
        data.load(f"folder:{tmp_path}")


def test_the_first_image_of_another_size_is_named(tmp_path, refuses):
    for name, shape in {"a": (4, 4), "b": (4, 4), "c": (5, 6), "d": (7, 7)}.items():
        save(tmp_path / f"{name}.png", noise(*shape))
    with refuses(f"{tmp_path / 'c.png'}: expected 4x4 as a.png is, got 6x5", "image size"):
        data.load(f"folder:{tmp_path}")


def test_images_that_are_not_square_need_a_size(tmp_path, refuses):
    save(tmp_path / "a.png", noise(4, 6))
    with refuses(f"{tmp_path / 'a.png'}: expected a square image, got 6x4", "image size"):
        data.load(f"folder:{tmp_path}")


@pytest.mark.parametrize("channels", [0, 2, 4])
def test_other_channels_are_refused(channels, tmp_path, refuses):
    with refuses(f"expected channels of 1 or 3, got {channels}"):
        data.load(f"folder:{tmp_path}", channels=channels)


def test_an_image_size_of_nothing_is_refused(tmp_path, refuses):
    with refuses("expected an image size of at least 1, got 0"):
        data.load(f"folder:{tmp_path}", image_size=0)


def test_there_is_only_a_split_to_train_on(tmp_path, refuses):
    with refuses(f"folder:{tmp_path}", "split test"):
        data.load(f"folder:{tmp_path}", split="test")
