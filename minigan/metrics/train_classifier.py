"""Train the digit classifier of the metrics: ``python -m minigan.metrics.train_classifier --out FILE``.

It trains on MNIST's 60,000 training images in random order, each shifted at random by up to two pixels, with Adam,
whose learning rate falls from 0.003 to 0 along half a cosine. The command gives the same file, bit for bit, on one
machine with one library of matrix products; elsewhere the roundings and the last digits of the weights differ.
"""

import argparse
import hashlib
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from minigan import backend, data
from minigan.data import Dataset
from minigan.data.progress import track
from minigan.errors import DataError
from minigan.metrics.classifier import DigitClassifier
from minigan.optimizers import Adam
from minigan.random import Stream

__all__ = ["random_shifts", "train"]

BATCH_SIZE = 128


def train(dataset: Dataset, epochs: int, seed: int = 0, learning_rate: float = 3e-3) -> DigitClassifier:
    """Train a classifier on the labelled 28x28x1 images of `dataset`.

    Parameters
    ----------
    dataset : Dataset
    epochs : int
        Passes over the images.
    seed : int
        The seed of the initial weights, the order, the shifts and the dropout.
    learning_rate : float
        At the beginning: ``learning_rate (1 + cos(pi t / T)) / 2`` in step t of T.

    Raises
    ------
    DataError
        The images have no labels.
    """
    labels = labels_of(dataset)
    classifier = DigitClassifier(seed)
    optimizers = {network: Adam() for network in (classifier.trunk, classifier.head)}
    shifts, dropout = Stream(seed, "shifts"), Stream(seed, "dropout")
    total = epochs * (len(dataset) // BATCH_SIZE)
    for step, indices in enumerate(track(batches(len(dataset), epochs, seed), total, "training")):
        images = backend.asarray(random_shifts(backend.asnumpy(dataset.batch(indices)), shifts))
        for network in optimizers:
            network.zero_grads()
        classifier.add_gradients(images, labels[indices], dropout)
        for network, optimizer in optimizers.items():
            optimizer.learning_rate = learning_rate * (1 + math.cos(math.pi * step / total)) / 2
            optimizer.step(network)
    return classifier


def labels_of(dataset: Dataset) -> np.ndarray:
    """The labels of a data set, which must have some."""
    if dataset.labels is None:
        raise DataError(f"expected images with labels to learn from, got none in {dataset.name}")
    return dataset.labels


def batches(count: int, epochs: int, seed: int) -> Iterator[np.ndarray]:
    """Indices of batches, each epoch in its own order; images that do not fill a batch are left out."""
    order = Stream(seed, "order")
    for _ in range(epochs):
        permutation = order.permutation(count)
        for start in range(0, count - BATCH_SIZE + 1, BATCH_SIZE):
            yield permutation[start : start + BATCH_SIZE]


def random_shifts(images: np.ndarray, rng: Stream, pixels: int = 2) -> np.ndarray:
    """Shift each image (H, W, C) at random by up to `pixels` in both directions; new pixels are background, -1."""
    height, width = images.shape[1:3]
    padding = ((0, 0), (pixels, pixels), (pixels, pixels), (0, 0))
    padded = np.pad(images, padding, constant_values=-1)
    rows, columns = (backend.asnumpy(rng.uniform((2, len(images)))) * (2 * pixels + 1)).astype(int)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (height, width), axis=(1, 2))
    # (N, rows, columns, C, H, W): each image's own window, and the channels last again
    return np.ascontiguousarray(windows[np.arange(len(images)), rows, columns].transpose(0, 2, 3, 1))


def main() -> None:
    """Train, write the weights, and print the accuracy."""
    parser = argparse.ArgumentParser(description="Train the digit classifier of the metrics.")
    parser.add_argument("--data", default="mnist", help="what to train on; default: mnist, its 60,000 training images")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("digit_classifier.npz"), help="file of the weights")
    arguments = parser.parse_args()

    classifier = train(load_digits(arguments.data, "train"), arguments.epochs, arguments.seed)
    classifier.save(arguments.out)
    print(f"Wrote {arguments.out}, sha256 {hashlib.sha256(arguments.out.read_bytes()).hexdigest()}")
    for split in ("train", "test"):
        images = load_digits(arguments.data, split)
        right = classifier.accuracy(backend.asnumpy(images.batch(slice(None))), labels_of(images))
        print(f"{split}: {right:.2%} of {len(images):,} right")


def load_digits(name: str, split: str) -> Dataset:
    """Load the images of that name; points are refused."""
    dataset = data.load(name, image_size=28, channels=1, split=split)
    if not isinstance(dataset, Dataset):
        raise DataError(f"expected images of 28x28x1, got {dataset!r}")
    return dataset


if __name__ == "__main__":
    main()
