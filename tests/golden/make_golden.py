"""Write arrays/*.npz: what Keras 3, on JAX, computes where minigan must compute the same.

Run it as ``python -m tests.golden.make_golden``, in an environment with keras and jax; README.md in this
folder says what the files hold. It imports nothing of minigan: it is an independent witness.

``--search`` looks for another seed of the dcgan28 inputs; see `SEED`.
"""

import json
import os
import sys
from functools import partial
from pathlib import Path

# Read by keras and jax when they are imported.
os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_ENABLE_X64"] = "1"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import jax.numpy as jnp
import keras
import numpy as np
from keras.src.backend.common import dtypes

from tests.golden.weights import fingerprint, initial

# Keras computes much of float64 in float32 and returns it as float64: its type promotion turns every 64-bit
# result into 32 bits, whatever floatx is. `stays_in_float64` holds it to this.
dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"

ARRAYS = Path(__file__).parent / "arrays"


def set_dtype(dtype: str) -> None:
    """Make all layers, losses and optimizers from now on in `dtype`."""
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)


def values(variables) -> list[jax.Array]:
    return [variable.value for variable in variables]


def save(name: str, arrays: dict[str, np.ndarray]) -> None:
    path = ARRAYS / f"{name}.npz"
    np.savez_compressed(path, **arrays)
    print(f"{path.name:28} {len(arrays):5} arrays {path.stat().st_size:9,} bytes")


def stays_in_float64(function, *arguments) -> None:
    """Make sure that nothing within `function` is computed in float32."""
    program = str(jax.make_jaxpr(function)(*arguments))
    assert "f64" in program
    assert "f32" not in program


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Normal numbers that float32 holds exactly, in float64."""
    return rng.standard_normal(shape).astype(np.float32).astype(np.float64)


# Layers -----------------------------------------------------------------------------------------------------

#: minigan's names where Keras has others.
KERAS_LAYERS = {
    "BatchNorm": keras.layers.BatchNormalization,
    "LayerNorm": keras.layers.LayerNormalization,
    "Sigmoid": lambda: keras.layers.Activation("sigmoid"),
    "Tanh": lambda: keras.layers.Activation("tanh"),
    "Softplus": lambda: keras.layers.Activation("softplus"),
    "SELU": lambda: keras.layers.Activation("selu"),
    "SiLU": lambda: keras.layers.Activation("silu"),
    "GELU": lambda approximate=False: keras.layers.Activation(partial(keras.activations.gelu, approximate=approximate)),
}


#: The forms of a normalisation that learn less.
WITHOUT = ({"center": False}, {"scale": False})


def conv2d_cases():
    for kernel_size in (1, 3, 4, 5, (2, 3)):
        for strides in (1, 2, 3, (2, 1)):
            for padding in ("same", "valid"):
                for size in ((7, 6), (8, 5)):
                    arguments = {"kernel_size": kernel_size, "strides": strides, "padding": padding}
                    yield {"filters": 3, **arguments}, (*size, 2)
    for activation in ("relu", "sigmoid", "tanh"):
        yield {"filters": 3, "kernel_size": 3, "padding": "same", "activation": activation}, (5, 6, 2)
    yield {"filters": 3, "kernel_size": 3, "use_bias": False}, (5, 6, 2)
    yield {"filters": 1, "kernel_size": 3, "strides": 2, "padding": "same"}, (6, 6, 1)


def conv2d_transpose_cases():
    for kernel_size in (1, 2, 3, 4, 5, (2, 3)):
        for strides in (1, 2, 3, (2, 1)):
            for padding in ("same", "valid"):
                arguments = {"kernel_size": kernel_size, "strides": strides, "padding": padding}
                yield {"filters": 3, **arguments}, (3, 4, 2)
    for activation in ("relu", "tanh"):
        arguments = {"kernel_size": 4, "strides": 2, "padding": "same", "activation": activation}
        yield {"filters": 3, **arguments}, (3, 2, 2)
    yield {"filters": 3, "kernel_size": 3, "strides": 2, "use_bias": False}, (3, 2, 2)


def pooling_cases():
    for pool_size, strides in ((2, None), (3, 2), (2, 1), (3, None), ((2, 3), (1, 2))):
        for padding in ("valid", "same"):
            for size in ((5, 6), (7, 5)):
                yield {"pool_size": pool_size, "strides": strides, "padding": padding}, (*size, 2)


def layer_cases():
    """All cases: (minigan's class name, constructor arguments, input shape, training)."""
    for arguments in ({}, {"activation": "relu"}, {"activation": "sigmoid"}, {"use_bias": False}):
        yield "Dense", {"units": 4, **arguments}, (5,), False
    for arguments, shape in conv2d_cases():
        yield "Conv2D", arguments, shape, False
    for arguments, shape in conv2d_transpose_cases():
        yield "Conv2DTranspose", arguments, shape, False
    for size in (2, (3, 2)):
        for interpolation in ("nearest", "bilinear"):
            yield "UpSampling2D", {"size": size, "interpolation": interpolation}, (4, 3, 2), False
    for padding in (((0, 1), (0, 1)), ((2, 0), (1, 3)), (1, 2), 2):
        yield "ZeroPadding2D", {"padding": padding}, (4, 3, 2), False
    for layer in ("MaxPooling2D", "AveragePooling2D"):
        for arguments, shape in pooling_cases():
            yield layer, arguments, shape, False
    yield "GlobalAveragePooling2D", {}, (5, 4, 3), False
    for training in (True, False):
        for shape in ((3,), (3, 4, 2)):
            for arguments in ({"momentum": 0.8}, {"momentum": 0.99}, {"epsilon": 1e-5}, {}, *WITHOUT):
                yield "BatchNorm", arguments, shape, training
    for shape in ((6,), (3, 4, 5)):
        for arguments in ({}, {"epsilon": 1e-5}, *WITHOUT):
            yield "LayerNorm", arguments, shape, False
    for shape in ((6,), (3, 4, 2)):
        yield "LeakyReLU", {"negative_slope": 0.2}, shape, False
        yield "LeakyReLU", {}, shape, False
        yield "ReLU", {}, shape, False
        yield "ReLU", {"max_value": 0.8, "negative_slope": 0.1, "threshold": 0.2}, shape, False
        yield "ReLU", {"max_value": 0.5}, shape, False
        yield "ELU", {"alpha": 0.7}, shape, False
        yield "ELU", {}, shape, False
        for layer in ("Sigmoid", "Tanh", "Softplus", "Softmax", "Flatten"):
            yield layer, {}, shape, False
    for target_shape in ((8, 3), (2, -1), (3, 2, 4)):
        yield "Reshape", {"target_shape": target_shape}, (3, 4, 2), False


def more_convolutions():
    """As `layer_cases`: dilated and grouped convolutions, and transposed ones that are dilated or say their size."""
    for padding in ("same", "valid"):
        for kernel_size in (2, 3, (2, 3)):
            for dilation in (2, (1, 3)):
                arguments = {"kernel_size": kernel_size, "padding": padding, "dilation_rate": dilation}
                yield "Conv2D", {"filters": 3, **arguments}, (7, 8, 2), False
                yield "Conv2DTranspose", {"filters": 3, **arguments}, (3, 4, 2), False
        for kernel_size in (2, 3, (4, 3)):
            for strides, output_padding in ((2, 0), (2, 1), (3, 2), ((2, 3), (1, 0))):
                arguments = {"kernel_size": kernel_size, "strides": strides, "output_padding": output_padding}
                yield "Conv2DTranspose", {"filters": 3, **arguments, "padding": padding}, (3, 4, 2), False
    for channels, filters, groups in ((4, 6, 2), (3, 3, 3), (2, 6, 2)):
        for options in ({}, {"strides": 2}, {"dilation_rate": 2}):
            arguments = {"kernel_size": 3, "padding": "same", "groups": groups, **options}
            yield "Conv2D", {"filters": filters, **arguments}, (6, 5, channels), False


def more_layers():
    """As `layer_cases`: smooth rectifiers, learned slopes, groups of channels."""
    for shape in ((6,), (3, 4, 2)):
        for layer in ("SELU", "SiLU"):
            yield layer, {}, shape, False
        yield "GELU", {}, shape, False
        yield "GELU", {"approximate": True}, shape, False
        yield "PReLU", {}, shape, False
    for shared_axes in ((1, 2), (3,), (1, 2, 3)):
        yield "PReLU", {"shared_axes": shared_axes}, (3, 4, 2), False
    # Not three groups of six numbers: two numbers of mean 0 and variance 1 are -1 and 1, whatever x is.
    for shape, groups in (((6,), 1), ((6,), 2), ((4, 6), 3), ((3, 4, 6), 3), ((3, 4, 6), 2)):
        for arguments in ({}, {"epsilon": 1e-5}, *WITHOUT):
            yield "GroupNormalization", {"groups": groups, **arguments}, shape, False
    for groups in (1, -1):
        yield "GroupNormalization", {"groups": groups}, (3, 4, 2), False


def case_name(arguments: dict, shape: tuple[int, ...], training: bool) -> str:
    """A readable name: ``kernel_size=3,strides=2 on 8x5x2``."""
    settings = [f"{key}={value}" for key, value in arguments.items() if value is not None]
    settings += ["training"] if training else []
    return (",".join(settings).replace(" ", "") + f" on {'x'.join(map(str, shape))}").strip()


def layer_weight(rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """A weight that hides nothing: no gamma is 1, no bias 0."""
    value = normal(rng, shape)
    if name == "gamma":
        return 1 + value / 4
    if name == "moving_variance":
        return np.abs(value) + 0.5
    return value


def run_layer(rng, layer_name, arguments, shape, training) -> dict[str, np.ndarray]:
    """One layer on one batch, forward and backward."""
    layer = KERAS_LAYERS.get(layer_name) or getattr(keras.layers, layer_name)
    layer = layer(**arguments)
    x = normal(rng, (5 if len(shape) == 1 else 2, *shape))
    layer(x)
    for variable in layer.weights:
        variable.assign(layer_weight(rng, variable.name, variable.shape))

    mode = {"training": training} if layer_name == "BatchNorm" else {}
    trainable, fixed = values(layer.trainable_variables), values(layer.non_trainable_variables)

    def forward(trainable, x):
        return layer.stateless_call(trainable, fixed, x, **mode)

    stays_in_float64(forward, trainable, x)
    y, pull_back, updated = jax.vjp(forward, trainable, x, has_aux=True)
    dy = normal(rng, y.shape)
    gradients, dx = pull_back(dy)

    arrays = {"x": x, "dy": dy, "y": y, "dx": dx}
    for variable in layer.weights:
        arrays[f"parameter/{variable.name}"] = variable.value
    for variable, gradient in zip(layer.trainable_variables, gradients):
        arrays[f"gradient/{variable.name}"] = gradient
    for variable, value in zip(layer.non_trainable_variables, updated):
        arrays[f"updated/{variable.name}"] = value
    for array in arrays.values():
        assert array.dtype == np.float64
    case = {"layer": layer_name, "arguments": arguments, "input_shape": shape, "training": training}
    return {"case": np.array(json.dumps(case)), **arrays}


def make_layers() -> None:
    set_dtype("float64")
    files: dict[str, dict[str, np.ndarray]] = {}
    # Cases that were added later have numbers of their own, so that those of the others stay as they are.
    for seed, cases in ((1, layer_cases()), (6, more_convolutions()), (7, more_layers())):
        rng = np.random.default_rng(seed)
        for layer, arguments, shape, training in cases:
            name = case_name(arguments, shape, training)
            for key, array in run_layer(rng, layer, arguments, shape, training).items():
                files.setdefault(layer, {})[f"{name}/{key}"] = array
    for layer, arrays in files.items():
        save(f"layer_{layer}", arrays)


# Losses -----------------------------------------------------------------------------------------------------

SHAPE = (7, 1)


def make_losses() -> None:
    set_dtype("float64")
    rng = np.random.default_rng(2)
    cases = {
        "real": (np.ones(SHAPE), 0.0),
        "fake": (np.zeros(SHAPE), 0.0),
        "one-sided smoothing": (np.full(SHAPE, 0.9), 0.0),
        "soft targets": (rng.uniform(size=SHAPE), 0.0),
        "two-sided smoothing": (rng.integers(0, 2, SHAPE).astype(np.float64), 0.1),
    }
    arrays = {}
    for name, (targets, smoothing) in cases.items():
        loss = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=smoothing)
        logits = 3 * normal(rng, SHAPE)
        value_and_gradient = jax.value_and_grad(partial(loss, targets))
        stays_in_float64(value_and_gradient, logits)
        value, gradient = value_and_gradient(logits)
        assert value.dtype == gradient.dtype == np.float64
        # Keras smooths t to t (1 - s) + s / 2; the targets are stored as they are after it.
        arrays[f"{name}/targets"] = targets * (1 - smoothing) + smoothing / 2
        arrays[f"{name}/logits"] = logits
        arrays[f"{name}/value"] = value
        arrays[f"{name}/gradient"] = gradient
    save("losses", arrays)


def keras_games():
    """The games whose losses Keras has, or that are means: D's for real and for generated images, and G's."""
    hinge, error = keras.losses.Hinge(), keras.losses.MeanSquaredError()
    yield "hinge", (partial(hinge, jnp.ones(SHAPE)), partial(hinge, -jnp.ones(SHAPE)), lambda z: -jnp.mean(z))
    # Half the error: the game's form, where Keras has the mean of the squares.
    to_one, to_zero = (lambda z, t=t: error(jnp.full(SHAPE, t), z) / 2 for t in (1.0, 0.0))
    yield "least-squares", (to_one, to_zero, to_one)
    yield "wasserstein", (lambda z: -jnp.mean(z), jnp.mean, lambda z: -jnp.mean(z))


def make_games() -> None:
    set_dtype("float64")
    rng = np.random.default_rng(5)
    arrays = {}
    for game, functions in keras_games():
        for term, function in zip(("real", "fake", "generator"), functions, strict=True):
            logits = 2 * normal(rng, SHAPE)
            value_and_gradient = jax.value_and_grad(function)
            stays_in_float64(value_and_gradient, logits)
            value, gradient = value_and_gradient(logits)
            assert value.dtype == gradient.dtype == np.float64
            arrays[f"{game}/{term}/logits"] = logits
            arrays[f"{game}/{term}/value"] = value
            arrays[f"{game}/{term}/gradient"] = gradient
    save("games", arrays)


# Optimizers -------------------------------------------------------------------------------------------------

OPTIMIZERS = {
    "SGD": ("SGD", {"learning_rate": 0.1}),
    "Momentum": ("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
    "RMSprop": ("RMSprop", {"learning_rate": 1e-3, "rho": 0.9, "epsilon": 1e-7}),
    "Adam": ("Adam", {"learning_rate": 2e-4, "beta_1": 0.5, "beta_2": 0.999, "epsilon": 1e-7}),
    "Adam, default betas": ("Adam", {"learning_rate": 1e-3, "epsilon": 1e-7}),
}


def make_optimizers() -> None:
    set_dtype("float64")
    rng = np.random.default_rng(3)
    start = normal(rng, (8,))
    # Gradients of all sizes: it is the small ones that show where epsilon is added, in the root or beside it.
    gradients = normal(rng, (3, 8)) * np.array([1, 1, 0.1, 1e-2, 1e-4, 1e-6, 1e-8, 0])
    arrays = {"start": start, "gradients": gradients}
    for name, (keras_name, settings) in OPTIMIZERS.items():
        optimizer = getattr(keras.optimizers, keras_name)(**settings)
        variable = keras.Variable(start, dtype="float64", name="w")
        optimizer.build([variable])
        weights, state = [start], values(optimizer.variables)
        for gradient in gradients:
            stays_in_float64(optimizer.stateless_apply, state, [gradient], [weights[-1]])
            (weight,), state = optimizer.stateless_apply(state, [gradient], [weights[-1]])
            weights.append(weight)
        arrays[f"{name}/settings"] = np.array(json.dumps(settings))
        arrays[f"{name}/weights"] = np.stack(weights[1:])
    save("optimizers", arrays)


# dcgan28: two whole networks, one step each -----------------------------------------------------------------

BATCH = 3
RATE = 0.25

#: Of the inputs. Found by ``--search``: with it no activation of the step lies nearer than `MARGIN` to the
#: kink of its ReLU or LeakyReLU. With other seeds float32 rounding may put one of the half million activations
#: on the wrong side; gradients then differ by some 1e-3, and could be compared no more closely than that.
SEED = 233
MARGIN = 5e-6

MASKS = {"dropout": (14, 14, 32), "dropout_1": (8, 8, 64), "dropout_2": (4, 4, 128), "dropout_3": (4, 4, 256)}


def build_generator() -> keras.Model:
    layers = keras.layers
    x = noise = keras.Input((100,))
    x = layers.Dense(128 * 7 * 7)(x)
    x = layers.ReLU()(x)  # as layers of their own, for `kink_inputs` to find
    x = layers.Reshape((7, 7, 128))(x)
    for filters in (128, 64):
        x = layers.UpSampling2D(2)(x)
        x = layers.Conv2D(filters, 3, padding="same")(x)
        x = layers.ReLU()(x)
        x = layers.BatchNormalization(momentum=0.8)(x)
    image = layers.Conv2D(1, 3, padding="same", activation="tanh")(x)
    return finish(keras.Model(noise, image), "generator")


def build_discriminator() -> keras.Model:
    """To logits. Its Dropouts multiply by given masks, which are further inputs."""
    layers = keras.layers
    x = image = keras.Input((28, 28, 1))
    masks = [keras.Input(shape) for shape in MASKS.values()]
    x = layers.Conv2D(32, 3, strides=2, padding="same")(x)
    x = layers.LeakyReLU(negative_slope=0.2)(x)
    x = layers.Multiply()([x, masks[0]])
    for filters, strides, mask in ((64, 2, masks[1]), (128, 2, masks[2]), (256, 1, masks[3])):
        x = layers.Conv2D(filters, 3, strides=strides, padding="same")(x)
        if filters == 64:
            x = layers.ZeroPadding2D(((0, 1), (0, 1)))(x)
        x = layers.BatchNormalization(momentum=0.8)(x)
        x = layers.LeakyReLU(negative_slope=0.2)(x)
        x = layers.Multiply()([x, mask])
    x = layers.Flatten()(x)
    logits = layers.Dense(1)(x)  # the network's sigmoid is in the loss
    return finish(keras.Model([image, *masks], logits), "discriminator")


def finish(model: keras.Model, name: str) -> keras.Model:
    """Give the weights their names and first values."""
    base_names = {"Dense": "dense", "Conv2D": "conv2d", "BatchNormalization": "batch_norm"}
    count: dict[str, int] = {}
    model.names = {}
    for layer in model.layers:
        if not layer.weights:
            continue
        base = base_names[type(layer).__name__]
        number = count[base] = count.get(base, -1) + 1
        for variable in layer.weights:
            dotted = f"{name}.{base}{f'_{number}' if number else ''}.{variable.name}"
            model.names[variable.path] = dotted
            variable.assign(initial(dotted, variable.shape))
    return model


def named(model: keras.Model, variables, values) -> dict[str, np.ndarray]:
    return {model.names[variable.path]: np.asarray(value) for variable, value in zip(variables, values)}


def weights_of(model: keras.Model) -> tuple[list[jax.Array], list[jax.Array]]:
    return values(model.trainable_variables), values(model.non_trainable_variables)


def kink_inputs(model: keras.Model) -> keras.Model:
    """The model that returns what goes into each ReLU and LeakyReLU."""
    kinked = keras.layers.ReLU, keras.layers.LeakyReLU
    return keras.Model(model.inputs, [layer.input for layer in model.layers if isinstance(layer, kinked)])


def margin(kinks: keras.Model, trainable, inputs) -> jax.Array:
    """The distance from its kink of the activation that is nearest to it."""
    # The model ends at the last kink, so it holds only the first of the weights.
    trainable = trainable[: len(kinks.trainable_variables)]
    found, _ = kinks.stateless_call(trainable, values(kinks.non_trainable_variables), inputs, training=True)
    return keras.ops.min(keras.ops.stack([keras.ops.min(keras.ops.abs(x)) for x in found]))


def draw_inputs(seed: int) -> dict[str, np.ndarray]:
    """Real images, noise, and a dropout mask for each of the three passes through the discriminator."""
    rng = np.random.default_rng(seed)
    inputs = {
        "real": rng.uniform(-1, 1, (BATCH, 28, 28, 1)).astype(np.float32),
        "d_step/noise": rng.uniform(-1, 1, (BATCH, 100)).astype(np.float32),
        "g_step/noise": rng.uniform(-1, 1, (BATCH, 100)).astype(np.float32),
    }
    for a_pass in ("d_step/real", "d_step/fake", "g_step/fake"):
        for name, shape in MASKS.items():
            inputs[f"{a_pass}/mask/{name}"] = rng.random((BATCH, *shape)) >= RATE
    return inputs


class Dcgan28:
    """The two networks and their optimizers, for one step of each."""

    def __init__(self, dtype: str) -> None:
        set_dtype(dtype)
        self.dtype = dtype
        self.generator, self.discriminator = build_generator(), build_discriminator()
        self.bce = keras.losses.BinaryCrossentropy(from_logits=True)
        self.d_gradients = jax.jit(jax.value_and_grad(self.d_loss, has_aux=True))
        self.g_gradients = jax.jit(jax.value_and_grad(self.g_loss, has_aux=True))
        self.g_margin = jax.jit(partial(margin, kink_inputs(self.generator)))
        self.d_margin = jax.jit(partial(margin, kink_inputs(self.discriminator)))

    def prepare(self, inputs):
        """All inputs in this run's dtype; the masks scaled, so that a mask's mean is 1."""
        prepared = {}
        for key, array in inputs.items():
            scale = 1 - RATE if array.dtype == bool else 1
            prepared[key] = array.astype(self.dtype) / np.asarray(scale, self.dtype)
        return prepared

    @staticmethod
    def masks(inputs, a_pass):
        return [inputs[f"{a_pass}/mask/{name}"] for name in MASKS]

    def d_loss(self, d_trainable, d_state, g_trainable, g_state, inputs):
        """BCE(D(real), 1) + BCE(D(G(noise)), 0), the two batches separate; G's moving averages stay."""
        fake, _ = self.generator.stateless_call(g_trainable, g_state, inputs["d_step/noise"], training=True)
        outcome = {"d_step/fake": fake}
        losses = []
        for kind, images, target in (("real", inputs["real"], 1), ("fake", fake, 0)):
            logits, d_state = self.discriminator.stateless_call(
                d_trainable, d_state, [images, *self.masks(inputs, f"d_step/{kind}")], training=True
            )
            losses.append(self.bce(keras.ops.full_like(logits, target), logits))
            outcome[f"d_step/logits_{kind}"], outcome[f"d_step/loss_{kind}"] = logits, losses[-1]
        return losses[0] + losses[1], (outcome, d_state)

    def g_loss(self, g_trainable, g_state, d_trainable, d_state, inputs):
        """-mean log D(G(noise)); D in training mode, its moving averages stay."""
        fake, g_state = self.generator.stateless_call(g_trainable, g_state, inputs["g_step/noise"], training=True)
        logits, _ = self.discriminator.stateless_call(
            d_trainable, d_state, [fake, *self.masks(inputs, "g_step/fake")], training=True
        )
        loss = self.bce(keras.ops.ones_like(logits), logits)
        return loss, ({"g_step/fake": fake, "g_step/logits": logits}, g_state)

    def generators_margin(self, inputs):
        trainable, _ = weights_of(self.generator)
        return min(float(self.g_margin(trainable, inputs[f"{step}/noise"])) for step in ("d_step", "g_step"))

    def discriminators_margin(self, before, after, outcome, inputs):
        passes = (
            ("d_step/real", before, inputs["real"]),
            ("d_step/fake", before, outcome["d_step/fake"]),
            ("g_step/fake", after, outcome["g_step/fake"]),
        )
        return min(
            float(self.d_margin(trainable, [images, *self.masks(inputs, a_pass)]))
            for a_pass, trainable, images in passes
        )

    def check_dtype(self, inputs):
        generator, discriminator = weights_of(self.generator), weights_of(self.discriminator)
        stays_in_float64(self.d_loss, *discriminator, *generator, inputs)
        stays_in_float64(self.g_loss, *generator, *discriminator, inputs)

    def step(self, inputs):
        """One D step and one G step. Returns what there is to compare, and the margin."""
        generator, discriminator = self.generator, self.discriminator
        g_start, g_state = weights_of(generator)
        d_start, d_state = weights_of(discriminator)

        (loss, (outcome, d_state)), gradients = self.d_gradients(d_start, d_state, g_start, g_state, inputs)
        d_updated = self.adam(discriminator, d_start, gradients)
        outcome["d_step/loss"] = loss
        outcome |= self.compare("d_step", discriminator, gradients, d_updated, d_state)

        loss_and_outcome, gradients = self.g_gradients(g_start, g_state, d_updated, d_state, inputs)
        loss, (g_outcome, g_state) = loss_and_outcome
        g_updated = self.adam(generator, g_start, gradients)
        outcome |= {**g_outcome, "g_step/loss": loss}
        outcome |= self.compare("g_step", generator, gradients, g_updated, g_state)

        margin = self.discriminators_margin(d_start, d_updated, outcome, inputs)
        return outcome, min(margin, self.generators_margin(inputs))

    def adam(self, model, trainable, gradients):
        optimizer = keras.optimizers.Adam(2e-4, beta_1=0.5)
        optimizer.build(model.trainable_variables)
        updated, _ = optimizer.stateless_apply(values(optimizer.variables), gradients, trainable)
        return updated

    def compare(self, step, model, gradients, trainable, state):
        arrays = {}
        for name, value in named(model, model.trainable_variables, gradients).items():
            arrays[f"{step}/gradient/{name}"] = fingerprint(name, value)
        for name, value in named(model, model.trainable_variables, trainable).items():
            arrays[f"{step}/updated/{name}"] = fingerprint(name, value)
        for name, value in named(model, model.non_trainable_variables, state).items():
            arrays[f"{step}/updated/{name}"] = value
        return arrays


def make_dcgan28() -> None:
    inputs = draw_inputs(SEED)
    arrays = {}
    for key, array in inputs.items():
        arrays[key] = np.packbits(array) if array.dtype == bool else array
    for dtype in ("float64", "float32"):
        networks = Dcgan28(dtype)
        prepared = networks.prepare(inputs)
        if dtype == "float64":
            networks.check_dtype(prepared)
        outcome, margin = networks.step(prepared)
        print(f"dcgan28 in {dtype}: margin {margin:.2e}")
        assert margin > MARGIN / 2
        for key, array in outcome.items():
            assert array.dtype in (dtype, np.float64)
            arrays[f"{dtype}/{key}"] = array
    save("dcgan28", arrays)


def search(limit: int = 3000) -> None:
    """Print the seeds of the dcgan28 inputs with the widest margins."""
    networks = Dcgan28("float64")
    best = 0.0
    for seed in range(limit):
        inputs = networks.prepare(draw_inputs(seed))
        if networks.generators_margin(inputs) > best:  # the quick half
            _, margin = networks.step(inputs)
            if margin > best:
                best = margin
                print(f"seed {seed}: margin {margin:.2e}", flush=True)


if __name__ == "__main__":
    print(f"keras {keras.__version__}, jax {jax.__version__}, numpy {np.__version__}")
    ARRAYS.mkdir(exist_ok=True)
    if "--search" in sys.argv[1:]:
        search()
    else:
        make_layers()
        make_losses()
        make_games()
        make_optimizers()
        make_dcgan28()
