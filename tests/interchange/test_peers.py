"""Keras and PyTorch themselves: the networks they make take minigan's weights, compute the same, and give them back.

Skipped where they are not installed.
"""

import os

import numpy as np
import pytest

import minigan as mg
from minigan.interchange import export_weights, import_weights, source
from minigan.layers import (
    ELU,
    AveragePooling2D,
    ChannelMax,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    LayerNorm,
    Maxout,
    MaxPooling2D,
    Reshape,
    Softmax,
    UpSampling2D,
)
from tests.interchange.small_networks import MODELS, NETWORKS, golden_network, inputs, network_of, same, shake

pytestmark = pytest.mark.filterwarnings("ignore")  # of other libraries

#: Networks of the shipped models, and others that have what these have not.
CASES = [f"{model}/{name}" for model in MODELS for name in NETWORKS]
OTHERS = {
    "golden generator": lambda: golden_network("generator"),
    "golden discriminator": lambda: golden_network("discriminator"),
    "transposed": lambda: built(
        (5, 4, 3),
        Conv2DTranspose(4, (5, 3), strides=(2, 1), padding="same"),
        Conv2DTranspose(3, 2, strides=3, activation="tanh"),
        Conv2DTranspose(3, 5, strides=2, padding=((2, 1), (1, 0)), use_bias=False),
    ),
    "upsampled": lambda: built((3, 4, 2), UpSampling2D((2, 3), "bilinear"), Conv2D(3, 3, padding=2), Softmax()),
    "pooled": lambda: built(
        (9, 8, 4), AveragePooling2D(3, 2), MaxPooling2D(2, 1), ChannelMax(2), ELU(0.5), GlobalAveragePooling2D()
    ),
    "two images in a row": lambda: built(
        (3, 4, 2),
        Flatten(),
        Dense(24),
        Reshape((4, 2, 3)),
        Flatten(),
        Maxout(12, 3),
        Reshape((2, 2, 3)),
        Flatten(),
        Dense(2),
    ),
    "normalised": lambda: built((3, 4, 2), LayerNorm(), Flatten(), LayerNorm(), Maxout(5, 2)),
}


def built(shape: tuple[int, ...], *layers: mg.layers.Layer) -> mg.Sequential:
    network = mg.Sequential(layers)
    network.build(shape)
    return network


def case(name: str) -> mg.Sequential:
    return shake(OTHERS[name]() if name in OTHERS else network_of(*name.split("/")))


@pytest.fixture(scope="module")
def keras():
    os.environ.setdefault("KERAS_BACKEND", "torch")
    pytest.importorskip("h5py")
    if os.environ["KERAS_BACKEND"] == "torch":
        pytest.importorskip("torch")
    return pytest.importorskip("keras")


def made(program: str):
    """The model that a program makes."""
    names: dict = {}
    exec(program, names)
    return names["model"]


@pytest.mark.parametrize("name", [*CASES, *OTHERS])
def test_pytorch_computes_the_same_and_gives_the_weights_back(tmp_path, name):
    torch = pytest.importorskip("torch")
    network = case(name)
    path = export_weights(network, tmp_path / "a.pt")
    model = made(source(network, "pytorch")).eval()
    model.load_state_dict(torch.load(path, weights_only=True))  # strict: no name more or less
    x = inputs(network)
    with torch.no_grad():
        y = model(torch.from_numpy(x.transpose(0, 3, 1, 2).copy() if x.ndim == 4 else x)).numpy()
    assert close(y.transpose(0, 2, 3, 1) if y.ndim == 4 else y, network.predict(x))
    torch.save(model.state_dict(), path)
    comes_back(network, path)


@pytest.mark.parametrize("name", [*CASES, *OTHERS])
def test_keras_computes_the_same_and_gives_the_weights_back(tmp_path, keras, name):
    network = case(name)
    path = export_weights(network, tmp_path / "a.weights.h5")
    model = made(source(network, "keras"))
    model.load_weights(path)
    x = inputs(network)
    assert close(keras.ops.convert_to_numpy(model(x, training=False)), network.predict(x))
    model.compile(optimizer="adam", loss="mse")  # its state is saved with the weights
    model.save_weights(path)
    comes_back(network, path)


def close(theirs: np.ndarray, ours: np.ndarray) -> bool:
    return theirs.shape == ours.shape and np.abs(theirs - ours).max() <= 1e-5 * max(1.0, np.abs(ours).max())


def comes_back(network: mg.Sequential, path) -> None:
    """Import the file into the network after all its weights were moved: they are as before."""
    before = network.state_dict()
    shake(network, seed=7)
    import_weights(network, path)
    assert all(np.array_equal(value, before[name]) for name, value in network.state_dict().items())


def test_a_module_of_one_s_own_is_read_in_its_order(tmp_path):
    torch = pytest.importorskip("torch")

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.first = torch.nn.Linear(4, 6)
            self.norm = torch.nn.BatchNorm1d(6, eps=1e-3)
            self.last = torch.nn.Linear(6, 2)

        def forward(self, x):
            return self.last(self.norm(torch.relu(self.first(x))))

    theirs = Net().eval()
    path = tmp_path / "a.pth"
    torch.save(theirs.state_dict(), path)
    network = built((4,), Dense(6, "relu"), mg.layers.BatchNorm(), Dense(2))
    import_weights(network, path)
    x = inputs(network)
    with torch.no_grad():
        assert close(theirs(torch.from_numpy(x)).numpy(), network.predict(x))


@pytest.mark.parametrize("momentum", [0.8, 0.99, np.float32(0.9)])
def test_pytorch_s_averages_move_as_far_as_minigan_s(momentum):
    torch = pytest.importorskip("torch")
    network = built((6,), mg.layers.BatchNorm(momentum=momentum))
    model = made(source(network, "pytorch")).train()
    x = inputs(network, 500)
    network.forward(x, mg.layers.Context(training=True))
    model(torch.from_numpy(x))
    ours = network.state_dict()
    assert np.abs(model[0].running_mean.numpy() - ours["batch_norm.moving_mean"]).max() < 1e-6
    # PyTorch's variance of a batch is larger by 1/499.
    assert np.allclose(model[0].running_var.numpy(), ours["batch_norm.moving_variance"], rtol=2e-3)


@pytest.mark.parametrize(("epsilon", "agrees"), [(1e-5, True), (1e-3, False)])
def test_epsilon_decides_where_a_variance_is_small(tmp_path, caplog, epsilon, agrees):
    torch = pytest.importorskip("torch")
    theirs = torch.nn.Sequential(torch.nn.BatchNorm1d(3)).eval()
    with torch.no_grad():
        theirs[0].running_var.fill_(1e-3)
    torch.save(theirs.state_dict(), tmp_path / "a.pt")
    network = built((3,), mg.layers.BatchNorm(epsilon=epsilon))
    import_weights(network, tmp_path / "a.pt")
    x = inputs(network)
    with torch.no_grad():
        assert close(theirs(torch.from_numpy(x)).numpy(), network.predict(x)) == agrees
    assert ("does not say the epsilon" in caplog.text) != agrees


def test_imported_weights_replace_those_of_before(tmp_path):
    pytest.importorskip("torch")
    first, second = golden_network("generator"), golden_network("generator", seed=1)
    import_weights(second, export_weights(first, tmp_path / "a.pt"))
    assert same(first, second)
    second["dense"].kernel.data[...] = 0
    assert not same(first, second)
