"""JAX: the whole step as one function, compiled, with a donated state that is overwritten.

The networks are those of minigan's dcgan28, images NHWC and kernels HWIO as there. Nothing differs but the numbers
that dropout draws, which come from XLA's own generator ("rbg"), the cheaper of JAX's two.
"""

from functools import partial

import jax
import jax.numpy as jnp
import protocol
from jax import lax


def dense(x, p):
    return x @ p["kernel"] + p["bias"]


def conv(x, p, stride=1):
    y = lax.conv_general_dilated(x, p["kernel"], (stride, stride), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
    return y + p["bias"]


def upsample(x):
    n, h, w, c = x.shape
    return jnp.broadcast_to(x[:, :, None, :, None], (n, h, 2, w, 2, c)).reshape(n, 2 * h, 2 * w, c)


def batch_norm(x, p, averages):
    """The normalised images, and the updated moving averages."""
    mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    y = (x - mean) * lax.rsqrt(variance + 1e-3) * p["gamma"] + p["beta"]
    batch = {"moving_mean": mean, "moving_variance": variance}
    return y, jax.tree.map(lambda moving, new: 0.8 * moving + 0.2 * new, averages, batch)


def dropout(x, key, rate):
    if not rate:
        return x
    return jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0)


def generator(layers, averages, noise):
    """Images, and the moving averages afterwards."""
    first, conv1, norm1, conv2, norm2, last = layers
    x = jax.nn.relu(dense(noise, first)).reshape(-1, 7, 7, 128)
    x, averages1 = batch_norm(jax.nn.relu(conv(upsample(x), conv1)), norm1, averages[0])
    x, averages2 = batch_norm(jax.nn.relu(conv(upsample(x), conv2)), norm2, averages[1])
    return jnp.tanh(conv(x, last)), [averages1, averages2]


def discriminator(layers, averages, images, key, rate):
    """Logits, and the moving averages afterwards."""
    conv1, conv2, norm2, conv3, norm3, conv4, norm4, last = layers
    keys = jax.random.split(key, 4)

    def end(x, key):
        return dropout(jax.nn.leaky_relu(x, 0.2), key, rate)

    x = end(conv(images, conv1, 2), keys[0])
    x = jnp.pad(conv(x, conv2, 2), ((0, 0), (0, 1), (0, 1), (0, 0)))
    x, averages2 = batch_norm(x, norm2, averages[0])
    x, averages3 = batch_norm(conv(end(x, keys[1]), conv3, 2), norm3, averages[1])
    x, averages4 = batch_norm(conv(end(x, keys[2]), conv4), norm4, averages[2])
    x = end(x, keys[3])
    return dense(x.reshape(len(x), -1), last), [averages2, averages3, averages4]


def adam(weights, slots, gradients, t):
    """Adam as in Keras and minigan."""
    alpha = 2e-4 * jnp.sqrt(1 - 0.999**t) / (1 - 0.5**t)
    mean = jax.tree.map(lambda m, g: m + 0.5 * (g - m), slots["mean"], gradients)
    square = jax.tree.map(lambda v, g: v + 0.001 * (g * g - v), slots["square"], gradients)
    weights = jax.tree.map(lambda w, m, v: w - alpha * m / (jnp.sqrt(v) + 1e-7), weights, mean, square)
    return weights, {"mean": mean, "square": square}


def d_loss(layers, averages, real, fake, keys, rate):
    real_logits, averages = discriminator(layers, averages, real, keys[0], rate)
    fake_logits, averages = discriminator(layers, averages, fake, keys[1], rate)
    return jax.nn.softplus(-real_logits).mean() + jax.nn.softplus(fake_logits).mean(), averages


def g_loss(fake, layers, averages, key, rate):
    logits, _ = discriminator(layers, averages, fake, key, rate)
    return jax.nn.softplus(-logits).mean()


@partial(jax.jit, donate_argnums=0, static_argnames="rate")
def train(state, real, noise, rate):
    """The state after a step, and the two losses."""
    g, d, t = state["g"], state["d"], state["t"] + 1
    *keys, key = jax.random.split(state["key"], 4)

    def images(layers):
        return generator(layers, g["averages"], noise)

    fake, pullback, g_averages = jax.vjp(images, g["layers"], has_aux=True)

    of_d = jax.value_and_grad(d_loss, has_aux=True)
    (d_value, d_averages), gradients = of_d(d["layers"], d["averages"], real, fake, keys[:2], rate)
    d_layers, d_slots = adam(d["layers"], d["slots"], gradients, t)

    g_value, dfake = jax.value_and_grad(g_loss)(fake, d_layers, d_averages, keys[2], rate)
    g_layers, g_slots = adam(g["layers"], g["slots"], *pullback(dfake), t)
    new = {
        "g": {"layers": g_layers, "averages": g_averages, "slots": g_slots},
        "d": {"layers": d_layers, "averages": d_averages, "slots": d_slots},
        "t": t,
        "key": key,
    }
    return new, d_value, g_value


def network(problem, name):
    """The weights, the moving averages, and Adam's slots."""
    layers = [jax.tree.map(jnp.array, arrays) for arrays in protocol.layers(problem, name)]
    averages = []
    for arrays in layers:
        if "gamma" in arrays:
            averages.append({name: arrays.pop(name) for name in ("moving_mean", "moving_variance")})
    slots = {slot: jax.tree.map(jnp.zeros_like, layers) for slot in ("mean", "square")}
    return {"layers": layers, "averages": averages, "slots": slots}


def make(problem, job):
    """The state with the problem's weights, and a function that runs a step."""
    key = jax.random.key(0, impl="rbg")
    state = {"g": network(problem, "generator"), "d": network(problem, "discriminator"), "t": jnp.zeros(()), "key": key}

    def step(real, noise):
        nonlocal state
        state, d_value, g_value = jax.block_until_ready(train(state, real, noise, rate=0.25 * job["dropout"]))
        return float(d_value), float(g_value)

    return step
