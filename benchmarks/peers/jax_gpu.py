"""JAX on a GPU: the whole step as one function, compiled, with a donated state that is overwritten.

Images NHWC and kernels HWIO, as in minigan. Images, noise and masks are drawn in the compiled function, by XLA's own
generator ("rbg"), the cheaper of JAX's two. The layers are those of `jax_step`, by minigan's description.
"""

import json
from functools import partial

import jax
import jax.numpy as jnp
import protocol
from jax import lax
from jax_step import adam, dense, dropout

NHWC = ("NHWC", "HWIO", "NHWC")


def convolution(x, kernel, entry):
    return lax.conv_general_dilated(x, kernel, entry["strides"], entry["pads"], dimension_numbers=NHWC)


def transposed(x, kernel, entry):
    """The gradient of a convolution with respect to its images: x, dilated with zeros, by the flipped kernel."""
    kernel = jnp.flip(kernel, (0, 1)).swapaxes(2, 3)
    pads = []
    for size, k, stride, (before, _), image in zip(
        x.shape[1:3], kernel.shape[:2], entry["strides"], entry["pads"], entry["image"]
    ):
        first = k - 1 - before
        pads.append((first, image + k - 1 - ((size - 1) * stride + 1) - first))
    return lax.conv_general_dilated(x, kernel, (1, 1), pads, lhs_dilation=entry["strides"], dimension_numbers=NHWC)


def upsample(x, size):
    n, h, w, c = x.shape
    return jnp.broadcast_to(x[:, :, None, :, None], (n, h, size[0], w, size[1], c)).reshape(
        n, h * size[0], w * size[1], c
    )


def normalization(x, p, averages, entry):
    """The normalised images, and the updated moving averages."""
    axes, m = tuple(range(x.ndim - 1)), entry["momentum"]
    mean, variance = x.mean(axes), x.var(axes)
    y = (x - mean) * lax.rsqrt(variance + entry["epsilon"]) * p["gamma"] + p["beta"]
    batch = {"moving_mean": mean, "moving_variance": variance}
    return y, jax.tree.map(lambda moving, new: m * moving + (1 - m) * new, averages, batch)


class Network:
    """A network, by its description."""

    def __init__(self, entries, part):
        self.entries, self.part = entries, part

    def __call__(self, weights, averages, x, key):
        """The output, and the moving averages afterwards."""
        weights, averages, updated = iter(weights), iter(averages), []
        for place, entry in enumerate(self.entries):
            match entry["kind"]:
                case "dense" | "convolution" | "transposed" as kind:
                    p = next(weights)
                    product = {"convolution": convolution, "transposed": transposed}.get(kind)
                    x = dense(x, {"bias": 0, **p}) if product is None else product(x, p["kernel"], entry)
                    if product is not None and "bias" in p:
                        x = x + p["bias"]
                case "normalization":
                    x, average = normalization(x, next(weights), next(averages), entry)
                    updated.append(average)
                case "upsampling":
                    x = upsample(x, entry["size"])
                case "padding":
                    x = jnp.pad(x, ((0, 0), *entry["pads"], (0, 0)))
                case "reshape":
                    x = x.reshape(-1, *entry["shape"])
                case "flatten":
                    x = x.reshape(len(x), -1)
                case "leaky_relu":
                    x = jax.nn.leaky_relu(x, entry["slope"])
                case "tanh":
                    x = jnp.tanh(x)
                case "dropout":
                    x = dropout(x, jax.random.fold_in(key, place), entry["rate"] * self.part)
        return x, updated


def state_of(problem, name):
    """The weights, the moving averages, and Adam's slots."""
    layers = [jax.tree.map(jnp.array, arrays) for arrays in protocol.layers(problem, name)]
    norms = [arrays for arrays in layers if "gamma" in arrays]
    averages = [{slot: arrays.pop(slot) for slot in ("moving_mean", "moving_variance")} for arrays in norms]
    slots = {slot: jax.tree.map(jnp.zeros_like, layers) for slot in ("mean", "square")}
    return {"layers": layers, "averages": averages, "slots": slots}


def trained(generator, discriminator, state, real, noise, key):
    """The state after a step, and the two losses."""
    g, d, t = state["g"], state["d"], state["t"] + 1
    keys = jax.random.split(key, 4)

    def d_loss(layers, averages, fake):
        real_logits, averages = discriminator(layers, averages, real, keys[0])
        fake_logits, averages = discriminator(layers, averages, fake, keys[1])
        return jax.nn.softplus(-real_logits).mean() + jax.nn.softplus(fake_logits).mean(), averages

    def g_loss(fake, layers, averages):
        return jax.nn.softplus(-discriminator(layers, averages, fake, keys[2])[0]).mean()

    def images(layers):
        return generator(layers, g["averages"], noise, keys[3])

    fake, pullback, g_averages = jax.vjp(images, g["layers"], has_aux=True)
    of_d = jax.value_and_grad(d_loss, has_aux=True)
    (d_value, d_averages), gradients = of_d(d["layers"], d["averages"], fake)
    d_layers, d_slots = adam(d["layers"], d["slots"], gradients, t)
    g_value, dfake = jax.value_and_grad(g_loss)(fake, d_layers, d_averages)
    g_layers, g_slots = adam(g["layers"], g["slots"], *pullback(dfake), t)
    new = {
        "g": {"layers": g_layers, "averages": g_averages, "slots": g_slots},
        "d": {"layers": d_layers, "averages": d_averages, "slots": d_slots},
        "t": t,
        "key": state["key"],
    }
    return new, (d_value, g_value)


class Steps:
    """The state and its training steps."""

    def __init__(self, problem, job):
        # On a GPU JAX's own default is TF32.
        precision = {"float32": "highest", "tf32": "tensorfloat32"}[job["precision"]]
        jax.config.update("jax_default_matmul_precision", precision)
        layers = json.loads(str(problem["layers"]))
        networks = [Network(layers[name], job["dropout"]) for name in ("generator", "discriminator")]
        self.batch, self.checked = job["batch"], (problem["real"], problem["noise"])
        key = jax.random.key(0, impl="rbg")
        self.state = {
            "g": state_of(problem, "generator"),
            "d": state_of(problem, "discriminator"),
            "t": jnp.zeros(()),
            "key": key,
        }
        self.pixels, latent = jnp.array(problem["pixels"]), problem["noise"].shape[-1]
        self.step = jax.jit(partial(trained, *networks), donate_argnums=0)

        @partial(jax.jit, donate_argnums=0)
        def drawn_step(state, pixels):
            key, *keys = jax.random.split(state["key"], 4)
            places = jax.random.randint(keys[0], (self.batch,), 0, len(pixels))
            real = pixels[places].astype(jnp.float32) / 127.5 - 1
            noise = jax.random.uniform(keys[1], (self.batch, latent), minval=-1, maxval=1)
            return trained(*networks, {**state, "key": key}, real, noise, keys[2])

        self.drawn_step = drawn_step

    def check(self, count):
        """The losses of steps on the problem's images and noise."""
        losses = []
        for real, noise in zip(*(array[:count] for array in self.checked)):
            self.state, pair = self.step(self.state, real, noise, self.state["key"])
            losses.append(tuple(map(float, pair)))
        return losses

    def block(self, count):
        """Run `count` steps; the losses of the last."""
        for _ in range(count):
            self.state, losses = self.drawn_step(self.state, self.pixels)
        return tuple(map(float, losses))


make = Steps
