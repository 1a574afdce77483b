"""PyTorch's training, ``eager`` or ``channels_last``: the steps of ``pytorch_step``, with samples in between.

Differences from minigan: D's moving averages, which no loss and no sample reads, are updated in G's step as well; G's
moving variance is the unbiased one, larger by one part in the thousands of values that a channel has in a batch.
"""

import samples
import torch
from pytorch_step import Training


def draw(g, noise):
    """G's images (N, H, W, C) of `noise` by its moving averages; G goes on in training mode."""
    g.eval()
    with torch.no_grad():
        images = torch.cat([g(part) for part in torch.from_numpy(noise).split(256)])
    g.train()
    return images.permute(0, 2, 3, 1).contiguous().numpy()


def make(problem, job):
    """The networks with the problem's weights, and a function that runs a step or draws samples."""
    training = Training(problem, job)

    def train(rows, noise):
        if samples.wanted(rows):
            return samples.hand_over(draw(training.g, problem["fixed_noise"]), job)
        return training(problem["images"][rows], noise)

    return train
