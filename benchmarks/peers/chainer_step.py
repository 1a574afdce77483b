"""Chainer, images NCHW.

The networks are those of minigan's dcgan28. Difference: D's moving averages, which no loss reads, are updated in G's
step as well.
"""

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
import protocol


class Generator(chainer.Sequential):
    def __init__(self):
        super().__init__(
            L.Linear(100, 7 * 7 * 128),
            F.relu,
            lambda x: x.reshape(-1, 128, 7, 7),
            upsample,
            L.Convolution2D(128, 128, 3, pad=1),
            F.relu,
            L.BatchNormalization(128, decay=0.8, eps=1e-3),
            upsample,
            L.Convolution2D(128, 64, 3, pad=1),
            F.relu,
            L.BatchNormalization(64, decay=0.8, eps=1e-3),
            L.Convolution2D(64, 1, 3, pad=1),
            F.tanh,
        )


class Discriminator(chainer.Sequential):
    def __init__(self, rate):
        def end(x):
            return F.dropout(F.leaky_relu(x, 0.2), rate)

        super().__init__(
            pad,
            L.Convolution2D(1, 32, 3, stride=2),
            end,
            pad,
            L.Convolution2D(32, 64, 3, stride=2),
            pad,
            L.BatchNormalization(64, decay=0.8, eps=1e-3),
            end,
            pad,
            L.Convolution2D(64, 128, 3, stride=2),
            L.BatchNormalization(128, decay=0.8, eps=1e-3),
            end,
            L.Convolution2D(128, 256, 3, pad=1),
            L.BatchNormalization(256, decay=0.8, eps=1e-3),
            end,
            L.Linear(4 * 4 * 256, 1),
        )


def upsample(x):
    return F.unpooling_2d(x, 2, cover_all=False)


def pad(x):
    """One row and one column of zeros after the image: "same" padding at stride 2."""
    return F.pad(x, ((0, 0), (0, 0), (0, 1), (0, 1)), "constant")


def load(network, weights):
    """Give the network's links the arrays of minigan's, in Chainer's order of axes."""
    links = [link for link in network if isinstance(link, chainer.Link)]
    for link, arrays in zip(links, weights, strict=True):
        if isinstance(link, L.BatchNormalization):
            values = {"gamma": arrays["gamma"], "beta": arrays["beta"]}
        elif isinstance(link, L.Convolution2D):
            values = {"W": arrays["kernel"].transpose(3, 2, 0, 1), "b": arrays["bias"]}
        elif link.W.shape[0] == 1:
            values = {"W": protocol.nchw_rows(arrays["kernel"], (4, 4, 256)).T, "b": arrays["bias"]}
        else:
            values = {
                "W": protocol.nchw_rows(arrays["kernel"].T, (7, 7, 128)),
                "b": protocol.nchw_rows(arrays["bias"], (7, 7, 128)),
            }
        for name, value in values.items():
            getattr(link, name).array[...] = value
    return network


def make(problem, job):
    """The networks with the problem's weights, and a function that runs a step."""
    g = load(Generator(), protocol.layers(problem, "generator"))
    d = load(Discriminator(0.25 * job["dropout"]), protocol.layers(problem, "discriminator"))
    g_optimizer, d_optimizer = (
        chainer.optimizers.Adam(alpha=2e-4, beta1=0.5, eps=1e-7).setup(network) for network in (g, d)
    )
    ones, zeros = (np.full((problem["real"].shape[1], 1), label, np.int32) for label in (1, 0))

    def step(real, noise):
        fake = g(noise)
        real = np.ascontiguousarray(real.transpose(0, 3, 1, 2))

        real_loss = F.sigmoid_cross_entropy(d(real), ones)
        d_loss = real_loss + F.sigmoid_cross_entropy(d(fake.array), zeros)
        d.cleargrads()
        d_loss.backward()
        d_optimizer.update()

        g_loss = F.sigmoid_cross_entropy(d(fake), ones)
        # Not g_loss.backward(), which would make the gradients of D's weights too.
        (dfake,) = chainer.grad([g_loss], [fake])
        g.cleargrads()
        fake.grad = dfake.array
        fake.backward()
        g_optimizer.update()
        return float(d_loss.array), float(g_loss.array)

    return step
