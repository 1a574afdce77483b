"""minigan's training: the steps of ``minigan_step``, with samples in between."""

import samples
from minigan_step import network_pair, stepping


def make(problem, job):
    """The networks with the problem's weights, and a function that runs a step or draws samples."""
    gan = network_pair(problem, job)
    step = stepping(gan, float(problem["learning_rate"]))

    def train(rows, noise):
        if samples.wanted(rows):
            return samples.hand_over(gan.generator.predict(problem["fixed_noise"], 256), job)
        return step(problem["images"][rows], noise)

    return train
