"""minigan's training: the rounds of ``minigan_step``, with samples in between."""

import samples
from minigan_step import Training


def make(problem, job):
    """The networks with the problem's weights, and a function that runs a step or draws samples."""
    training = Training(problem, job)

    def train(rows, noise):
        if samples.wanted(rows):
            return samples.hand_over(training.gan.generator.predict(problem["fixed_noise"], 256), job)
        return training(problem["images"][rows], noise)

    return train
