"""A small convolutional network that classifies digits: the features of the digit metrics.

Fréchet distance, kernel distance, precision and recall compare images by the features of a classifier, not pixel by
pixel: a seven that is shifted by one pixel has other pixels, but nearly the same features. For photographs the usual
classifier is Inception, trained on ImageNet. For digits a network of 69,274 numbers is enough, made of minigan's layers
and trained by minigan (`minigan.metrics.train_classifier`).

Values from two classifiers are not comparable: a Fréchet distance measured here is not the FID of the papers.
"""

import hashlib
import io
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from minigan import backend, kernels
from minigan.backend import Array, array_module
from minigan.errors import CheckpointError, DataError, ShapeError
from minigan.io.atomic_write import load_arrays, save_arrays
from minigan.layers import BatchNorm, Conv2D, Dense, Dropout, Flatten, ReLU
from minigan.layers.base import Context, Layer
from minigan.metrics.checks import FLOATING, WHOLE, check_array, check_digits, check_finite
from minigan.model.sequential import Sequential
from minigan.random import Stream

__all__ = ["CLASSES", "FEATURES", "SHA256", "DigitClassifier", "digit_classifier", "softmax_crossentropy"]

#: The number of classes, the ten digits.
CLASSES = 10

#: The number of features of an image.
FEATURES = 64

FILE = "files/digit_classifier.npz"
SHA256 = "025bf5cab92e9816e9ade677f23b940a6b6289d048972ba1b11324fcc91c6168"


class DigitClassifier:
    """Images of 28x28x1 to 64 features, and those to ten scores.

    ::

        trunk  conv 16, 5x5 - conv 32, 3x3 - conv 48, 3x3 - dense 64     the features
        head   dense 10                                                  the scores of the digits

    Every convolution halves the image; each convolution and the first dense layer are followed by a BatchNorm and a
    ReLU. Without the BatchNorm, a third of the features would be 0 for every image. Trunk and head are two networks, so
    that features can be computed without the head. In training, dropout between the two removes a quarter of the
    features at random, so that no digit depends on a single one.

    Parameters
    ----------
    seed : int
        The seed of the initial weights; `digit_classifier` has trained ones.
    """

    def __init__(self, seed: int = 0) -> None:
        self.trunk = Sequential(
            [
                *halving(16, 5),
                *halving(32, 3),
                *halving(48, 3),
                Flatten(),
                Dense(FEATURES, use_bias=False),
                BatchNorm(),
                ReLU(),
            ],
            name="trunk",
        )
        self.head = Sequential([Dropout(0.25), Dense(CLASSES)], name="head")
        self.trunk.build((28, 28, 1), seed)
        self.head.build((FEATURES,), seed)

    def __repr__(self) -> str:
        return f"DigitClassifier(28x28x1 images to {FEATURES} features to {CLASSES} scores)"

    def features(self, images: np.ndarray) -> np.ndarray:
        """The features (N, 64) of images (N, 28, 28, 1) with values from -1, the background, to 1, the ink.

        Raises
        ------
        ShapeError
            The images have another shape.
        DataError
            An image has NaN or infinity.
        """
        check_digits(images)
        return backend.asnumpy(self.trunk.predict(backend.asarray(images.astype(np.float32, copy=False))))

    def classes(self, features: np.ndarray) -> np.ndarray:
        """The digits (N,) of images with these `features` (N, 64): those of the highest scores.

        Raises
        ------
        ShapeError
            The features have another shape.
        DataError
            A row has NaN or infinity.
        """
        check_array("features", features, FLOATING, 2, "(N, 64)")
        if not len(features) or features.shape[1] != FEATURES:
            raise ShapeError(f"expected features (N, {FEATURES}), got {features.shape}")
        check_finite("features", features)
        features = features.astype(np.float32, copy=False)
        return backend.asnumpy(self.head.predict(backend.asarray(features))).argmax(axis=1)

    def add_gradients(self, images: Array, labels: np.ndarray, rng: Stream) -> float:
        """Add the gradients of the loss on one batch to both networks, and return the loss."""
        ctx = Context(training=True, rng=rng)
        features, trunk_caches = self.trunk.forward(images, ctx)
        scores, head_caches = self.head.forward(features, ctx)
        loss, dscores = softmax_crossentropy(scores, backend.asarray(labels))
        self.trunk.backward(self.head.backward(dscores, head_caches), trunk_caches)
        return float(loss)

    def accuracy(self, images: np.ndarray, labels: np.ndarray) -> float:
        """The fraction of images whose digit is recognised.

        Raises
        ------
        ShapeError
            The images have another shape, or there is not one label for each of them.
        DataError
            An image has NaN or infinity.
        """
        check_array("labels", labels, WHOLE, 1, "(N,)")
        check_digits(images)
        if len(labels) != len(images):
            raise ShapeError(f"expected a label for each image, got {len(labels)} for {len(images)}")
        return float(np.mean(self.classes(self.features(images)) == labels))

    def state_dict(self) -> dict[str, np.ndarray]:
        """All weights, by the network's name and their own."""
        networks = (self.trunk, self.head)
        return {f"{network.name}/{name}": w for network in networks for name, w in network.state_dict().items()}

    def load_state_dict(self, state: dict[str, np.ndarray]) -> None:
        """Replace all weights by those of `state`."""
        for network in (self.trunk, self.head):
            prefix = f"{network.name}/"
            network.load_state_dict({k.removeprefix(prefix): w for k, w in state.items() if k.startswith(prefix)})

    def save(self, path: str | Path) -> None:
        """Write the weights to an .npz file."""
        save_arrays(path, self.state_dict())

    @classmethod
    def load(cls, path: str | Path) -> "DigitClassifier":
        """A classifier with the weights that `save` wrote."""
        classifier = cls()
        classifier.load_state_dict(load_arrays(path))
        return classifier


def halving(filters: int, kernel_size: int) -> list[Layer]:
    """A convolution that halves the image, a BatchNorm and a ReLU."""
    return [Conv2D(filters, kernel_size, strides=2, padding="same", use_bias=False), BatchNorm(), ReLU()]


def digit_classifier() -> DigitClassifier:
    """The trained classifier that comes with the package, in the memory of the active backend.

    Raises
    ------
    CheckpointError
        Its file is missing from the installed package, or has another checksum.
    """
    return _shipped(backend.name())


@cache
def _shipped(backend_name: str) -> DigitClassifier:
    """The trained classifier, read once for each backend."""
    try:
        content = resources.files("minigan.metrics").joinpath(FILE).read_bytes()
    except OSError as error:
        raise CheckpointError(f"digit classifier: cannot read {FILE} ({error.strerror}): reinstall minigan") from None
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise CheckpointError(
            f"digit classifier: {FILE} is damaged (expected sha256 {SHA256}, got {found}): reinstall minigan"
        )
    classifier = DigitClassifier()
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        classifier.load_state_dict(dict(arrays))
    return classifier


def softmax_crossentropy(z: Array, labels: Any) -> tuple[Array, Array]:
    """Cross-entropy of classes, from scores: ``L = -mean(log softmax(z)[n, label_n])``.

    Parameters
    ----------
    z : array (N, K)
        Scores, also called logits.
    labels : array of int (N,)
        The right class of each row, from 0.

    Returns
    -------
    loss : scalar array
    dz : array like `z`
        ``dL/dz = (softmax(z) - t) / N``, where t is 1 at the right class and 0 elsewhere.

    Raises
    ------
    ShapeError
        There is not one label for each row, or no row.
    DtypeError
        The scores are no floating-point numbers, or the labels no whole numbers.
    DataError
        A row has NaN or infinity, or a label is no class.
    """
    check_array("z", z, FLOATING, like="(N, K)")
    check_array("labels", labels, WHOLE, like="(N,)")
    xp = array_module(z)
    if z.ndim != 2 or not z.size or labels.shape != z.shape[:1]:
        raise ShapeError(f"expected scores (N, K) and labels (N,), got {z.shape} and {labels.shape}")
    check_finite("z", z)
    if labels.min() < 0 or labels.max() >= z.shape[1]:
        raise DataError(f"expected labels from 0 to {z.shape[1] - 1}, got {labels.min()} to {labels.max()}")
    rows = xp.arange(len(z))
    # log softmax of the scores minus the greatest, so that no exponential overflows
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - xp.log(xp.exp(shifted).sum(axis=1, keepdims=True))
    dz = kernels.softmax(z, -1)
    dz[rows, labels] -= 1
    return -log_p[rows, labels].mean(), dz / z.dtype.type(len(z))
