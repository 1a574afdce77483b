"""PyTorch, in three variants: ``eager`` (NCHW), ``channels_last`` memory, ``compile`` (channels_last, compiled).

The networks are those of minigan's dcgan28. "Same" padding at stride 2 adds its one row and column after the image,
which only an explicit ZeroPad2d can say here.

Difference from minigan: D's moving averages, which no loss reads, are updated in G's step as well.
"""

import protocol
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy


class ToImages(nn.Module):
    """Rows (N, H*W*C) as images in channels-last memory."""

    def forward(self, x):
        return x.unflatten(1, (7, 7, 128)).permute(0, 3, 1, 2)


class ToRows(nn.Module):
    """Images as rows (N, H*W*C), without a copy in channels-last memory."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


def generator(channels_last):
    return nn.Sequential(
        nn.Linear(100, 7 * 7 * 128),
        nn.ReLU(),
        ToImages() if channels_last else nn.Unflatten(1, (128, 7, 7)),
        nn.Upsample(scale_factor=2),
        nn.Conv2d(128, 128, 3, padding=1),
        nn.ReLU(),
        nn.BatchNorm2d(128, eps=1e-3, momentum=0.2),
        nn.Upsample(scale_factor=2),
        nn.Conv2d(128, 64, 3, padding=1),
        nn.ReLU(),
        nn.BatchNorm2d(64, eps=1e-3, momentum=0.2),
        nn.Conv2d(64, 1, 3, padding=1),
        nn.Tanh(),
    )


def discriminator(channels_last, rate):
    def end():
        return [nn.LeakyReLU(0.2), nn.Dropout(rate)]

    return nn.Sequential(
        nn.ZeroPad2d((0, 1, 0, 1)),
        nn.Conv2d(1, 32, 3, stride=2),
        *end(),
        nn.ZeroPad2d((0, 1, 0, 1)),
        nn.Conv2d(32, 64, 3, stride=2),
        nn.ZeroPad2d((0, 1, 0, 1)),
        nn.BatchNorm2d(64, eps=1e-3, momentum=0.2),
        *end(),
        nn.ZeroPad2d((0, 1, 0, 1)),
        nn.Conv2d(64, 128, 3, stride=2),
        nn.BatchNorm2d(128, eps=1e-3, momentum=0.2),
        *end(),
        nn.Conv2d(128, 256, 3, padding=1),
        nn.BatchNorm2d(256, eps=1e-3, momentum=0.2),
        *end(),
        ToRows() if channels_last else nn.Flatten(),
        nn.Linear(4 * 4 * 256, 1),
    )


def load(network, weights, channels_last):
    """Give the network's layers the arrays of minigan's, in PyTorch's order of axes."""
    modules = [module for module in network if list(module.parameters(recurse=False))]
    for module, arrays in zip(modules, weights, strict=True):
        if isinstance(module, nn.BatchNorm2d):
            values = {"weight": arrays["gamma"], "bias": arrays["beta"]}
        elif isinstance(module, nn.Conv2d):
            values = {"weight": arrays["kernel"].transpose(3, 2, 0, 1), "bias": arrays["bias"]}
        else:
            values = {"weight": arrays["kernel"].T, "bias": arrays["bias"]}
            if not channels_last and module.in_features == 4 * 4 * 256:
                values["weight"] = protocol.nchw_rows(arrays["kernel"], (4, 4, 256)).T
            elif not channels_last:
                values["weight"] = protocol.nchw_rows(arrays["kernel"].T, (7, 7, 128))
                values["bias"] = protocol.nchw_rows(arrays["bias"], (7, 7, 128))
        for name, value in values.items():
            getattr(module, name).data.copy_(torch.from_numpy(value.copy()))
    return network.to(memory_format=torch.channels_last) if channels_last else network


def set_epsilon(optimizer, t):
    """The epsilon for PyTorch's corrected root that equals 1e-7 at the uncorrected one, as in minigan."""
    for group in optimizer.param_groups:
        group["eps"] = 1e-7 / (1 - 0.999**t) ** 0.5


def networks(problem, job):
    """G and D with the problem's weights."""
    torch.set_num_threads(job["threads"])
    torch.manual_seed(0)
    channels_last = job["variant"] != "eager"
    g = load(generator(channels_last), protocol.layers(problem, "generator"), channels_last)
    d = load(discriminator(channels_last, job["dropout"]), protocol.layers(problem, "discriminator"), channels_last)
    return g, d


def update(optimizer, loss, t):
    """Step number t of Adam."""
    set_epsilon(optimizer, t)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def stepping(g, d, variant, rate, batch):
    """A function that runs a step on images (N, H, W, C) and noise, and returns both losses."""
    g_optimizer, d_optimizer = (
        torch.optim.Adam(network.parameters(), lr=rate, betas=(0.5, 0.999), fused=True) for network in (g, d)
    )
    if variant == "compile":
        g, d = torch.compile(g), torch.compile(d)
    ones, zeros = torch.ones(batch, 1), torch.zeros(batch, 1)
    t = 0

    def step(real, noise):
        nonlocal t
        t += 1
        real = torch.from_numpy(real).permute(0, 3, 1, 2)
        fake = g(torch.from_numpy(noise))

        d_loss = cross_entropy(d(real), ones) + cross_entropy(d(fake.detach()), zeros)
        update(d_optimizer, d_loss, t)

        d.requires_grad_(False)  # no gradients of D's weights in G's step
        g_loss = cross_entropy(d(fake), ones)
        update(g_optimizer, g_loss, t)
        d.requires_grad_(True)
        return d_loss.item(), g_loss.item()

    return step


def make(problem, job):
    """The networks with the problem's weights, and a function that runs a step."""
    return stepping(*networks(problem, job), job["variant"], 2e-4, problem["real"].shape[1])
