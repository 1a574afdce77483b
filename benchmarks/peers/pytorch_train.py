"""PyTorch's training, ``eager`` or ``channels_last``: the steps of ``pytorch_step``, with samples in between.

What differs from minigan: D's moving averages, which no loss and no sample reads, move in G's step as well; G's moving
variance is the unbiased one, larger by one part in the thousands of values that a channel has in a batch.
"""

import protocol
import samples
import torch
from pytorch_step import cross_entropy, discriminator, generator, load, set_epsilon


def draw(g, noise):
    """G's images (N, H, W, C) of `noise` by its moving averages; G goes on in training mode."""
    g.eval()
    with torch.no_grad():
        images = torch.cat([g(part) for part in torch.from_numpy(noise).split(256)])
    g.train()
    return images.permute(0, 2, 3, 1).contiguous().numpy()


def update(optimizer, loss, t):
    """Step number t of Adam."""
    set_epsilon(optimizer, t)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def make(problem, job):
    """The networks with the problem's weights, and a function that takes a step or draws samples."""
    torch.set_num_threads(job["threads"])
    torch.manual_seed(0)
    channels_last = job["variant"] != "eager"
    g = load(generator(channels_last), protocol.layers(problem, "generator"), channels_last)
    d = load(discriminator(channels_last, job["dropout"]), protocol.layers(problem, "discriminator"), channels_last)
    rate = float(problem["learning_rate"])
    g_optimizer, d_optimizer = (
        torch.optim.Adam(network.parameters(), lr=rate, betas=(0.5, 0.999), fused=True) for network in (g, d)
    )
    batch = problem["real"].shape[1]
    ones, zeros = torch.ones(batch, 1), torch.zeros(batch, 1)
    t = 0

    def step(rows, noise):
        nonlocal t
        if samples.wanted(rows):
            return samples.hand_over(draw(g, problem["fixed_noise"]), job)
        t += 1
        real = torch.from_numpy(problem["images"][rows]).permute(0, 3, 1, 2)
        fake = g(torch.from_numpy(noise))

        d_loss = cross_entropy(d(real), ones) + cross_entropy(d(fake.detach()), zeros)
        update(d_optimizer, d_loss, t)

        d.requires_grad_(False)  # no gradients of D's weights in G's step
        g_loss = cross_entropy(d(fake), ones)
        update(g_optimizer, g_loss, t)
        d.requires_grad_(True)
        return d_loss.item(), g_loss.item()

    return step
