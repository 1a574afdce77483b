"""Recommended training settings of each model: those of its source, or settings that we found to work."""

from typing import Any

__all__ = ["RECOMMENDED"]

#: The 2014 paper's training, section 5 and the published files. D's loss there is half of the sum of its two terms:
#: half the learning rate has the same effect with the whole sum. The momentum rises for 250 epochs.
PAPER_2014: dict[str, Any] = {
    "loss": "non-saturating",
    "updates": "simultaneous",
    "optimizer": "momentum",
    "momentum": "0.5 -> 0.7 over 125000",
    "batch_size": 100,
}


def decaying(rate: float) -> dict[str, str]:
    """The learning rate's schedule in the published files, for G and, halved, for D."""
    return {
        "learning_rate": f"{rate:g} -> 1e-06 dividing by 1.000004",
        "d_learning_rate": f"{rate / 2:g} -> 5e-07 dividing by 1.000004",
    }


#: Settings of `minigan.runs.TrainConfig` by model, where they differ from its defaults.
RECOMMENDED: dict[str, dict[str, Any]] = {
    "dcgan28": {},
    # Radford et al., arXiv:1511.06434, section 4.
    "dcgan64": {"optimizer": "adam", "learning_rate": 2e-4, "momentum": 0.5, "batch_size": 128, "noise": "uniform"},
    # As dcgan64, with smaller batches: more steps for each pass over a small set of pictures.
    "dcgan64-small": {"learning_rate": 2e-4, "batch_size": 32, "noise": "normal", "average": 0.999},
    "gan2014-cifar10": {**PAPER_2014, **decaying(0.025), "noise": "normal"},
    # 40,000 images in batches of 128.
    "gan2014-cifar10-conv": {
        **PAPER_2014,
        **decaying(0.004),
        "momentum": "0.5 -> 0.7 over 78125",
        "batch_size": 128,
        "noise": "normal",
    },
    "gan2014-mnist": {**PAPER_2014, **decaying(0.1), "noise": "unit-uniform"},
    "gan2014-tfd": {**PAPER_2014, **decaying(0.05), "noise": "normal", "max_norm": 1.9365},
    "mlp1d": {"learning_rate": 1e-3, "batch_size": 256, "noise": "normal"},
    # For the ring. Instance noise of half the distance of two modes gives G's points a gradient from distant modes; it
    # ends halfway, so that the modes become sharp. With a quarter of the distance one of five seeds missed a mode.
    "mlp2d": {
        "learning_rate": "0.002 -> 1e-06 over 15000 cosine",
        "steps": 15000,
        "batch_size": 256,
        "noise": "normal",
        "average": 0.999,
        "instance_noise": 0.4,
        "instance_noise_steps": 7500,
    },
    # Gulrajani et al., arXiv:1704.00028, algorithm 1.
    "wgan-gp28": {
        "loss": "wasserstein",
        "penalty": "wgan-gp",
        "penalty_weight": 10.0,
        "optimizer": "adam",
        "learning_rate": 1e-4,
        "momentum": 0.0,
        "beta_2": 0.9,
        "batch_size": 64,
        "d_steps": 5,
        "noise": "normal",
    },
}
