"""Keras 3 on its backends: ``tensorflow`` (tf.function), ``tensorflow-jit`` (with XLA), ``jax`` (jit), ``torch``.

The networks are those of minigan's dcgan28, layer by layer. The backend is the one that KERAS_BACKEND names.

Difference from minigan: D's moving averages, which no loss reads, are updated in G's step as well. On torch nothing is
compiled.
"""

import keras
import protocol
from keras import layers, ops


def generator():
    return keras.Sequential(
        [
            keras.Input((100,)),
            layers.Dense(7 * 7 * 128, activation="relu"),
            layers.Reshape((7, 7, 128)),
            layers.UpSampling2D(),
            layers.Conv2D(128, 3, padding="same", activation="relu"),
            layers.BatchNormalization(momentum=0.8),
            layers.UpSampling2D(),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.BatchNormalization(momentum=0.8),
            layers.Conv2D(1, 3, padding="same", activation="tanh"),
        ]
    )


def discriminator(rate):
    def end():
        return [layers.LeakyReLU(negative_slope=0.2), layers.Dropout(rate)]

    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, strides=2, padding="same"),
            *end(),
            layers.Conv2D(64, 3, strides=2, padding="same"),
            layers.ZeroPadding2D(((0, 1), (0, 1))),
            layers.BatchNormalization(momentum=0.8),
            *end(),
            layers.Conv2D(128, 3, strides=2, padding="same"),
            layers.BatchNormalization(momentum=0.8),
            *end(),
            layers.Conv2D(256, 3, padding="same"),
            layers.BatchNormalization(momentum=0.8),
            *end(),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )


def load(network, weights):
    """Give the network's layers the arrays of minigan's, whose names are Keras's."""
    owners = [layer for layer in network.layers if layer.weights and not isinstance(layer, layers.Dropout)]
    for layer, arrays in zip(owners, weights, strict=True):
        layer.set_weights([arrays[weight.name] for weight in layer.weights])
    return network


def optimizer(network):
    adam = keras.optimizers.Adam(2e-4, beta_1=0.5)
    adam.build(network.trainable_variables)
    return adam


def real_loss(logits):
    return ops.mean(ops.softplus(-logits))


def fake_loss(logits):
    return ops.mean(ops.softplus(logits))


def tensorflow_step(g, d, g_optimizer, d_optimizer, jit):
    import tensorflow as tf

    @tf.function(jit_compile=jit)
    def step(real, noise):
        with tf.GradientTape() as g_tape:
            fake = g(noise, training=True)

        with tf.GradientTape() as tape:
            d_loss = real_loss(d(real, training=True)) + fake_loss(d(tf.stop_gradient(fake), training=True))
        d_optimizer.apply(tape.gradient(d_loss, d.trainable_variables), d.trainable_variables)

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(fake)
            g_loss = real_loss(d(fake, training=True))
        dfake = tape.gradient(g_loss, fake)
        g_optimizer.apply(g_tape.gradient(fake, g.trainable_variables, dfake), g.trainable_variables)
        return d_loss, g_loss

    return step


def jax_step(g, d, g_optimizer, d_optimizer):
    import jax

    owners = (g, d, g_optimizer, d_optimizer)

    def variables(owner):
        if isinstance(owner, keras.Sequential):
            return [owner.trainable_variables, owner.non_trainable_variables]
        return [owner.variables]

    state = [[[v.value for v in group] for group in variables(owner)] for owner in owners]

    def d_loss_of(d_weights, d_rest, real, fake):
        real_logits, d_rest = d.stateless_call(d_weights, d_rest, real, training=True)
        fake_logits, d_rest = d.stateless_call(d_weights, d_rest, fake, training=True)
        return real_loss(real_logits) + fake_loss(fake_logits), d_rest

    def g_loss_of(fake, d_weights, d_rest):
        logits, d_rest = d.stateless_call(d_weights, d_rest, fake, training=True)
        return real_loss(logits), d_rest

    @jax.jit
    def train(state, real, noise):
        (g_weights, g_rest), (d_weights, d_rest), (g_slots,), (d_slots,) = state
        fake, pullback, g_rest = jax.vjp(
            lambda weights: g.stateless_call(weights, g_rest, noise, training=True), g_weights, has_aux=True
        )
        of_d = jax.value_and_grad(d_loss_of, has_aux=True)
        (d_loss, d_rest), gradients = of_d(d_weights, d_rest, real, fake)
        d_weights, d_slots = d_optimizer.stateless_apply(d_slots, gradients, d_weights)

        (g_loss, d_rest), dfake = jax.value_and_grad(g_loss_of, has_aux=True)(fake, d_weights, d_rest)
        g_weights, g_slots = g_optimizer.stateless_apply(g_slots, *pullback(dfake), g_weights)
        return [[g_weights, g_rest], [d_weights, d_rest], [g_slots], [d_slots]], d_loss, g_loss

    def step(real, noise):
        nonlocal state
        state, d_loss, g_loss = jax.block_until_ready(train(state, real, noise))
        return d_loss, g_loss

    return step


def torch_step(g, d, g_optimizer, d_optimizer):
    import torch

    def learn(network, wanted):
        for weight in network.trainable_weights:
            weight.value.requires_grad_(wanted)

    def apply(adam, network, loss):
        weights = network.trainable_weights
        network.zero_grad()
        loss.backward()
        with torch.no_grad():
            adam.apply([weight.value.grad for weight in weights], weights)

    def step(real, noise):
        fake = g(noise, training=True)
        d_loss = real_loss(d(real, training=True)) + fake_loss(d(fake.detach(), training=True))
        apply(d_optimizer, d, d_loss)
        learn(d, False)  # no gradients of D's weights in G's step
        g_loss = real_loss(d(fake, training=True))
        apply(g_optimizer, g, g_loss)
        learn(d, True)
        return d_loss.detach(), g_loss.detach()

    return step


def limit_threads(threads):
    """Set the threads of backends that ignore the environment and the allowed processors."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    if keras.backend.backend() == "torch":
        import torch

        torch.set_num_threads(threads)


def make(problem, job):
    """The networks with the problem's weights, and a function that runs a step."""
    limit_threads(job["threads"])
    keras.utils.set_random_seed(0)
    g = load(generator(), protocol.layers(problem, "generator"))
    d = load(discriminator(0.25 * job["dropout"]), protocol.layers(problem, "discriminator"))
    parts = (g, d, optimizer(g), optimizer(d))
    if keras.backend.backend() == "tensorflow":
        train = tensorflow_step(*parts, jit=job["variant"] == "tensorflow-jit")
    else:
        train = {"jax": jax_step, "torch": torch_step}[keras.backend.backend()](*parts)

    def step(real, noise):
        d_loss, g_loss = train(ops.convert_to_tensor(real), ops.convert_to_tensor(noise))
        return float(d_loss), float(g_loss)

    return step
