"""Tiny networks, data and runs."""

from tests.tiny import _same_backend, dataset, images_file, make_config, make_trainer, no_curves, pixels, plain_planes
