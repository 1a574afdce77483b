"""Runs of a package whose files were damaged, each in a process of its own.

``python tests/edits/edited_run.py FOLDER``, with FOLDER in PYTHONPATH, reads lines of JSON, each with a file of the
package in FOLDER and its damaged text, and answers with a line: how a default run of two steps ended, and what it
said. It imports NumPy once and then forks, which costs less than to start Python for each.
"""

import contextlib
import hashlib
import io
import json
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits


def networks(mg, penalised: bool):
    """Two networks with every layer there is; or, for a gradient penalty, with all that it may meet."""
    layers = mg.layers
    generator = [
        layers.Dense(2 * 2 * 6, activation="relu"),
        layers.Reshape((2, 2, 6)),
        layers.UpSampling2D(2),
        layers.Conv2D(5, 3, padding="same", activation="leaky_relu"),
        layers.BatchNorm(),
        layers.Conv2DTranspose(4, 3, strides=2, padding="same", output_padding=1),
        layers.Conv2D(4, 3, padding="same", dilation_rate=2, groups=2),
        layers.ConcatenateLabels(3, 2),
        layers.UpSampling2D(2, interpolation="bilinear"),
        layers.AveragePooling2D(2),
        layers.Conv2D(1, 3, padding="same", activation="tanh"),
    ]
    judge = [
        layers.GaussianNoise(0.1),
        layers.SpectralNormalization(layers.Conv2D(6, 3, padding="same")),
        layers.LeakyReLU(0.2),
        layers.LayerNorm(),
        layers.MaxPooling2D(2),
        layers.ELU(),
        layers.GELU(),
        layers.Residual([layers.Conv2D(6, 1, activation="relu")]),
        layers.SelfAttention2D(gamma_initializer="ones"),
        layers.PReLU(shared_axes=(1, 2)),
        layers.GroupNormalization(2),
        layers.SELU(),
        layers.GELU(approximate=True),
        layers.ZeroPadding2D(((0, 1), (0, 1))),
        layers.ChannelMax(2),
        layers.Conv2DTranspose(4, 3),
        layers.Softplus(),
        layers.Softmax(),
        *([] if penalised else [layers.BatchNorm(), layers.MinibatchStdDev()]),
        layers.Dropout(0.25),
        layers.Sigmoid(),
        layers.ConcatenateLabels(3, 2),
        layers.UpSampling2D(2),
        layers.AveragePooling2D(2),
        layers.Conv2D(5, 3, activation="tanh"),
        layers.ReLU(),
        layers.SiLU(),
        layers.Identity(),
        layers.GlobalAveragePooling2D() if penalised else layers.Flatten(),
        layers.Maxout(8, 2),
        layers.Reshape((4, 2)),
        layers.Conv1D(2, 3, padding="same"),
        layers.UpSampling1D(2),
        layers.MaxPooling1D(2, 1, padding=(1, 0)),
        layers.AveragePooling1D(2),
        layers.Flatten(),
        layers.ProjectionHead(3),
    ]
    shape = (8, 8, 1)
    gan = mg.GAN("all", mg.Sequential(generator, "generator"), mg.Sequential(judge, "discriminator"), (-1, 1), 3)
    gan.generator.build((5,), seed=0)
    gan.discriminator.build(shape, seed=0)
    return gan


def train(penalised: bool) -> str:
    """A digest of the weights after two steps of a default run."""
    import minigan as mg
    from minigan.training import GameOptions

    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (8, 8, 8), dtype=np.uint8)
    options = GameOptions(penalty=mg.penalties.get("r1")) if penalised else GameOptions()
    data = mg.data.Dataset(images, rng.integers(0, 3, 8), name="random")
    trainer = mg.Trainer(networks(mg, penalised), data, options=options, batch_size=4)
    list(trainer.train(steps=2))
    flat = [network.flat_data.tobytes() for network in (trainer.gan.generator, trainer.gan.discriminator)]
    state = [array.tobytes() for array in trainer.gan.discriminator.state_dict().values()]
    return hashlib.sha256(b"".join(flat + state)).hexdigest()[:16]


def answer(penalised: bool) -> dict[str, str]:
    """How a run ended: with which weights, or with which error; and what was said of edits."""
    said = io.StringIO()
    logging.basicConfig(stream=said, format="%(message)s")
    with contextlib.redirect_stderr(said), threadpool_limits(1):
        try:
            ended = train(penalised)
        except Exception as error:
            ended = f"{type(error).__name__}: {error}"
    return {"ended": ended, "said": said.getvalue()}


def in_a_process(penalised: bool) -> dict[str, str]:
    """The answer of a process that imports the package."""
    out, into = os.pipe()
    process = os.fork()
    if not process:
        os.close(out)
        with os.fdopen(into, "w") as file:
            file.write(json.dumps(answer(penalised)))
        os._exit(0)
    os.close(into)
    with os.fdopen(out) as file:
        said = file.read()
    os.waitpid(process, 0)
    return json.loads(said)


@contextlib.contextmanager
def replaced(path: Path, text: str) -> Iterator[None]:
    """A block in which a file has another text; afterwards it is the same file to Python, with its bytecode."""
    before, state = path.read_text(encoding="utf-8"), path.stat()
    path.write_text(text, encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(before, encoding="utf-8")
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


if __name__ == "__main__":
    place = Path(sys.argv[1])
    for line in sys.stdin:
        name, text, penalised = json.loads(line)
        sys.dont_write_bytecode = bool(name)  # that of the undamaged files is enough
        with replaced(place / "minigan" / name, text) if name else contextlib.nullcontext():
            print(json.dumps(in_a_process(penalised)), flush=True)
