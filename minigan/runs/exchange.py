"""Exports a run's network to the file of another library, and imports such a file as a run."""

import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from minigan import models
from minigan.errors import ConfigError, RunError
from minigan.interchange.formats import ONNX, format_of, suffixes_of
from minigan.interchange.onnx_file import Difference, export_onnx
from minigan.interchange.weights import export_weights, import_weights, source, write
from minigan.io.atomic_write import save_arrays
from minigan.io.targets import check_target, explained, place_of
from minigan.models import GAN
from minigan.plots.formats import check_suffix
from minigan.runs.config import ModelConfig, TrainConfig, training_field, write_config
from minigan.runs.start import check_folder, check_writable, load_run, make_numbered_folder, next_place

__all__ = ["NETWORKS", "Exported", "ImportConfig", "export_run", "import_into", "import_run"]

#: The networks of a run.
NETWORKS = ("generator", "discriminator")


class Exported(NamedTuple):
    """The file that was written.

    Attributes
    ----------
    path : Path
    format : str
    arrays, numbers : int
        Number of parameters, including moving averages, and the total size of their arrays.
    difference : Difference or None
        For ONNX: how far onnxruntime's outputs are from minigan's; None if it was not compared.
    """

    path: Path
    format: str
    arrays: int
    numbers: int
    difference: Difference | None


def export_run(
    folder: str | Path,
    path: str | Path,
    network: str = "generator",
    format: str | None = None,
    code: str | Path | None = None,
) -> Exported:
    """Write one network of a run for another library.

    If the run kept a moving average of the generator's weights, the average is exported: its samples are better.

    Parameters
    ----------
    folder : path
        Of the run.
    path : path
        An existing file is replaced once the new one is complete.
    network : {"generator", "discriminator"}
    format : str, optional
        One of ``safetensors, keras, pytorch, pytorch-safetensors, onnx``; default: by the suffix.
    code : path, optional
        A second file: a Python program that makes the same network in PyTorch or Keras.

    Returns
    -------
    Exported

    Raises
    ------
    ConfigError
        The network or the format is unknown; a package is not installed; a layer has no counterpart.
    RunError
        The folder is no run, or a file cannot be written.
    CheckpointError
        The run's weights are missing, damaged, or do not fit; an ONNX model gives other outputs than minigan.
    """
    path = Path(path)
    chosen = format_of(path, format, onnx=True)
    check_names(path, chosen, code)
    if network not in NETWORKS:
        raise ConfigError(f"expected the network to be one of {', '.join(NETWORKS)}, got {network!r}")
    config, gan = load_run(folder)
    for file in (path, code):
        if file is not None:
            with explained(file):
                check_target(file)
    net = gan.generator if network == "generator" else gan.discriminator
    metadata = metadata_of(config, gan, network)
    program = None if code is None else source(net, chosen, path, metadata)
    difference = None
    if chosen == ONNX:
        difference = export_onnx(net, path, metadata)
    else:
        export_weights(net, path, chosen, metadata)
    if code is not None and program is not None:
        write(Path(code), program.encode())
    sizes = [parameter.data.size for parameter in net.parameters().values()]
    return Exported(path, chosen, len(sizes), sum(sizes), difference)


def check_names(path: Path, chosen: str, code: str | Path | None) -> None:
    """Refuse names of files that say another format than what would be written, and one name for both files."""
    endings = suffixes_of(onnx=True)
    others = [ending for name, group in endings.items() if name != chosen for ending in group]
    if path.name.lower().endswith(tuple(others)) and not path.name.lower().endswith(endings[chosen]):
        raise ConfigError(
            f"--format {chosen}: expected a file name that ends with {' or '.join(endings[chosen])}, got {path}"
        )
    if code is not None:
        check_suffix(code, ".py")
        if place_of(code) == place_of(path):
            raise ConfigError(f"expected two files for the weights and the program, got {path} for both")


def metadata_of(config: TrainConfig, gan: GAN, network: str) -> dict[str, str]:
    """What a user of the weights must know as well; written to the file if its format allows it."""
    metadata = {"model": gan.name, "network": network, "noise": config.noise, "classes": str(gan.classes)}
    if gan.output_range is not None:
        metadata["output_range"] = "{:g} {:g}".format(*gan.output_range)
    return metadata


@dataclass(frozen=True, repr=False)
class ImportConfig(ModelConfig):
    """The settings needed for weights from another library."""

    model: str = training_field("model")
    data: str = training_field("data")
    data_range: tuple[float, float] | None = training_field("data_range")
    labels: str | None = training_field("labels")
    background: str | None = training_field("background")
    skip_bad: bool = training_field("skip_bad")
    class_names: tuple[str, ...] | None = training_field("class_names")
    noise: str = training_field("noise")


def import_run(
    path: str | Path,
    folder: str | Path,
    config: TrainConfig | None = None,
    *,
    like: str | Path | None = None,
    discriminator: str | Path | None = None,
    format: str | None = None,
) -> GAN:
    """Make the folder of a run from a generator's weights, for ``minigan sample``, ``evaluate`` and ``plot``.

    All files are read and compared before the folder is made, and the folder appears with all its files at once.

    Parameters
    ----------
    path : path
        The generator's weights.
    folder : path
        New or empty.
    config : TrainConfig, optional
        The settings that name the networks, the noise and the data. Default: those of `like`.
    like : path, optional
        The folder of a run with the same networks: its settings and its discriminator are used.
    discriminator : path, optional
        The discriminator's weights. Default: those of `like`; without `like`, new ones.
    format : str, optional
        Of both files, one of ``safetensors, keras, pytorch, pytorch-safetensors``; default: by their suffixes.

    Returns
    -------
    GAN
        The networks, with the weights that the folder holds.

    Raises
    ------
    ConfigError
        Neither or both of `config` and `like` are given; a package is not installed; a layer has no counterpart.
    RunError
        The folder is not empty, or cannot be written; `like` is no run.
    CheckpointError
        A file is missing or damaged, holds a NaN, or does not fit.
    """
    _, gan = import_into(path, folder, config, like, discriminator, format)
    return gan


def import_into(
    path: str | Path,
    folder: str | Path | None,
    config: TrainConfig | None,
    like: str | Path | None,
    discriminator: str | Path | None,
    format: str | None,
) -> tuple[Path, GAN]:
    """As `import_run`; without a folder, into the next one in ``runs/``. Returns the folder and the networks."""
    name = config.model if config else Path(like).absolute().name if like else ""
    place = Path(folder) if folder else next_place(name, "imported")
    (check_folder if folder else check_writable)(place)
    if config is not None and like is None:
        settings = config.resolved()
        gan = models.build(settings.model, settings.seed, **settings.model_options())
    elif like is not None and config is None:
        settings, gan = load_run(like)
    else:
        raise ConfigError("expected settings or a run to be like, and not both")
    import_weights(gan.generator, path, format)
    if discriminator is not None:
        import_weights(gan.discriminator, discriminator, format)
    # The run has no average: the imported weights are the only ones.
    settings = replace(settings, average=None, conditional=bool(gan.classes))
    place = place if folder else make_numbered_folder(place)
    save_run(place, settings, gan)
    return place, gan


def save_run(folder: Path, config: TrainConfig, gan: GAN) -> None:
    """Write the folder under a temporary name, then rename it.

    Raises
    ------
    RunError
        It cannot be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            write_config(made / "config.toml", config)
            for network in (gan.generator, gan.discriminator):
                save_arrays(made / f"{network.name}.npz", network.state_dict())
            mask = os.umask(0)
            os.umask(mask)
            made.chmod(0o777 & ~mask)
            if os.name == "nt" and folder.exists():
                folder.rmdir()  # it is empty, and elsewhere a rename replaces it: no other process can take its place
            made.rename(folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise RunError(f"expected a folder that can be written, got {folder}: {error.strerror or error}") from None
