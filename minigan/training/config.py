"""The settings of a training run: one list of them, for the command line, the TOML file and the library."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from minigan import backend, losses, models, optimizers
from minigan.errors import ConfigError

__all__ = ["Kind", "ModelConfig", "TrainConfig", "read_config", "write_config"]

#: Passes over the embedded digits that make digits, in minutes on two processor cores.
DEFAULT_EPOCHS = 3


@dataclass(frozen=True)
class Kind:
    """What values a setting takes, in words and as a test."""

    words: str
    types: tuple[type, ...]
    low: float = float("-inf")
    below: float = float("inf")
    length: int | None = None
    above: bool = False

    def accepts(self, value: Any) -> bool:
        """Whether `value` is one of the kind."""
        if self.length is not None:
            items = value if isinstance(value, tuple) else ()
            return bool(items) and len(items) == (self.length or len(items)) and all(map(self._accepts, items))
        return self._accepts(value)

    def _accepts(self, item: Any) -> bool:
        if isinstance(item, bool) or not isinstance(item, self.types):
            return False
        if isinstance(item, int | float):
            return (item > self.low if self.above else item >= self.low) and item < self.below
        return True


TEXT = Kind("text", (str,))
INTEGER = Kind("a whole number", (int,))
COUNT = Kind("a whole number from 1 to 2147483647", (int,), 1, below=2**31)
COUNTS = Kind("whole numbers from 1 to 2147483647", (int,), 1, below=2**31, length=0)
POSITIVE = Kind("a number above 0", (int, float), 0, above=True)
SHARE = Kind("a number of at least 0 and less than 1", (int, float), 0, below=1)
RANGE = Kind("two numbers", (int, float), length=2)


def setting(
    kind: Kind, default: Any, help: str, flag: str | None = None, choices: Any = (), panel: str = "Training"
) -> Any:
    """A field with what the command line and the check of a file need to know of it."""
    facts = {"kind": kind, "help": help, "flag": flag, "choices": tuple(choices), "panel": panel}
    return field(default=default, metadata=facts)


network = partial(setting, panel="Networks")


@dataclass(frozen=True)
class ModelConfig:
    """The size and shape of the two networks."""

    latent_size: int = network(COUNT, 100, "Length of the generator's noise.")
    image_size: int = network(COUNT, 28, "Height and width of the images, in pixels.")
    channels: int = network(COUNT, 1, "Colour channels: 1 grey, 3 RGB.")
    generator_filters: tuple[int, ...] = network(
        COUNTS, (128, 64), "Filters of the generator's convolutions; each doubles the image."
    )
    discriminator_filters: tuple[int, ...] = network(
        COUNTS, (32, 64, 128, 256), "Filters of the discriminator's convolutions; all but the last halve it."
    )
    output_activation: str = network(
        TEXT, "tanh", "The generator's last activation; images are scaled to its range.", choices=models.OUTPUT_RANGES
    )

    def __post_init__(self) -> None:
        for item in fields(self):
            check(item.name, item.metadata["kind"], item.metadata["choices"], getattr(self, item.name), item.default)

    def model_options(self) -> dict[str, Any]:
        """The options of `minigan.models.build`."""
        return {item.name: getattr(self, item.name) for item in fields(ModelConfig)}


@dataclass(frozen=True)
class TrainConfig(ModelConfig):
    """All settings of a training run; each is a flag of ``minigan train`` and a key of its TOML file.

    Raises
    ------
    ConfigError
        A value is of the wrong type or out of range; both `epochs` and `steps` are given.
    """

    data: str = setting(TEXT, "digits", "digits, mnist, fashion-mnist, folder:PATH, PATH.npy or PATH.npz.")
    data_range: tuple[float, float] | None = setting(
        RANGE, None, "Lowest and highest value of a file of floating-point images."
    )
    model: str = setting(TEXT, "dcgan28", "The two networks, by name.", choices=models.MODELS)
    loss: str = setting(TEXT, "non-saturating", "The game the two play.", choices=losses.GAN_LOSSES)
    label_smoothing: float = setting(SHARE, 0.0, "Real images have the target 1 minus this.")
    optimizer: str = setting(TEXT, "adam", "The rule that turns gradients into steps.", choices=optimizers.OPTIMIZERS)
    learning_rate: float = setting(POSITIVE, 4e-4, "Size of the optimizer's steps.", flag="--lr")
    d_learning_rate: float | None = setting(POSITIVE, None, "The discriminator's, if it is another.", flag="--d-lr")
    momentum: float = setting(SHARE, 0.5, "Adam's beta_1, Momentum's momentum; sgd and rmsprop have none.")
    batch_size: int = setting(COUNT, 16, "Real images in a step, and generated ones.")
    d_steps: int = setting(COUNT, 1, "Discriminator steps for each generator step.")
    noise: str = setting(TEXT, "uniform", "Distribution of the generator's noise.", choices=models.NOISES)
    epochs: int | None = setting(COUNT, None, f"Passes over the data; {DEFAULT_EPOCHS} unless --steps is given.")
    steps: int | None = setting(COUNT, None, "Generator steps, in place of --epochs.")
    seed: int = setting(INTEGER, 0, "One seed, one run: weights, noise, dropout and order of the images.")
    backend: str | None = setting(
        TEXT, None, "Where to compute; default: MINIGAN_BACKEND, else numpy.", choices=backend.NAMES
    )
    threads: int | None = setting(COUNT, None, "Threads of the CPU's kernels; default: all processors.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.epochs is not None and self.steps is not None:
            raise ConfigError(f"expected epochs or steps, got both: {self.epochs} and {self.steps}")

    def resolved(self) -> "TrainConfig":
        """The same settings with nothing left to a machine's or a version's default."""
        epochs = DEFAULT_EPOCHS if self.epochs is None and self.steps is None else self.epochs
        return replace(
            self,
            epochs=epochs,
            backend=backend.name(),
            threads=backend.threads(self.threads or backend.default_threads()),
        )


def check(name: str, kind: Kind, choices: tuple[str, ...], value: Any, default: Any) -> None:
    """Refuse a value that is not of the setting's kind, or not among its choices."""
    if value is None and default is None:
        return
    if not kind.accepts(value):
        raise ConfigError(f"{name}: expected {kind.words}, got {value!r}")
    if choices and value not in choices:
        raise ConfigError(f"{name}: expected one of {', '.join(choices)}, got {value!r}")


def read_config(path: str | Path) -> dict[str, Any]:
    """The settings of a TOML file, with the types `TrainConfig` needs.

    Raises
    ------
    ConfigError
        The file is missing, is not TOML, or has a key that is no setting.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        table: Mapping[str, Any] = tomlkit.parse(Path(path).read_text(encoding="utf-8")).unwrap()
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise ConfigError(f"expected a TOML file in {path}, got: {str(error).splitlines()[0]}") from None
    known = {item.name for item in fields(TrainConfig)}
    unknown = sorted(table.keys() - known)
    if unknown:
        raise ConfigError(f"{path}: unknown setting {', '.join(unknown)}: expected some of {', '.join(sorted(known))}")
    settings: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in table.items()
    }
    try:
        TrainConfig(**settings)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    return settings


def write_config(path: str | Path, config: TrainConfig) -> None:
    """Write all settings of `config` that have a value, each with what it means."""
    import tomlkit

    from minigan.files import atomic_path

    document = tomlkit.document()
    values = asdict(config)
    for item in fields(config):
        value = values[item.name]
        if value is None:
            continue
        document.add(item.name, tomlkit.item(list(value) if isinstance(value, tuple) else value))
        document[item.name].comment(item.metadata["help"])
    with atomic_path(path) as temporary:
        temporary.write_text(tomlkit.dumps(document), encoding="utf-8")
