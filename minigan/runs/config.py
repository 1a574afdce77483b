"""The settings of a training run: one list of them, for the command line, the TOML file and the library."""

import inspect
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from minigan import backend, losses, models, optimizers, penalties
from minigan.errors import ConfigError
from minigan.io import html
from minigan.io.messages import one_line
from minigan.io.safe_read import read_bytes
from minigan.kernels import precision
from minigan.runs.kinds import (
    AMOUNT,
    COUNT,
    COUNTS,
    INTEGER,
    INTERVAL,
    MOMENTUM,
    POSITIVE,
    RANGE,
    RATE,
    SHARE,
    SIZE,
    SWITCH,
    TEXT,
    TEXTS,
    Kind,
)
from minigan.training.interrupt import ON_SAVE
from minigan.training.trainer import COUNTED, UPDATES

__all__ = ["Kind", "ModelConfig", "TrainConfig", "read_config", "training_field", "write_config"]

#: What to do if a number is not finite.
ON_NAN = ("stop", "restore")

#: Maximum size of a file of settings, in bytes; a run's has about 4,000.
FILE_SIZE = 2**16

#: Passes over the embedded digits: about three minutes on two processor cores.
DEFAULT_EPOCHS = 5


def setting(
    kind: Kind, default: Any, help: str, flag: str | None = None, choices: Any = (), panel: str = "Training"
) -> Any:
    """A field, with the metadata for its flag and for the check of a file."""
    facts = {"kind": kind, "help": help, "flag": flag, "choices": tuple(choices), "panel": panel}
    return field(default=default, metadata=facts)


network = partial(setting, panel="Networks")


@dataclass(frozen=True, repr=False)
class ModelConfig:
    """The size and shape of the two networks; None for the model's own default."""

    latent_size: int | None = network(COUNT, None, "Length of the generator's noise vectors.")
    image_size: int | tuple[int, int] | None = network(
        SIZE, None, "Size of the images in pixels: 28 for a square, 28x56 for height x width."
    )
    channels: int | None = network(COUNT, None, "Colour channels: 1 grey, 3 RGB.")
    generator_filters: tuple[int, ...] | None = network(
        COUNTS, None, "Filters of the generator's convolutions; each doubles the image."
    )
    discriminator_filters: tuple[int, ...] | None = network(
        COUNTS, None, "Filters of the discriminator's convolutions; all but the last halve it."
    )
    output_activation: str | None = network(
        TEXT, None, "The generator's last activation; images are scaled to its range.", choices=models.OUTPUT_RANGES
    )
    classes: int | None = network(COUNT, None, "Number of classes of a conditional GAN.")
    conditioning: str | None = network(
        TEXT, None, "How a conditional discriminator gets the class.", choices=models.CONDITIONINGS
    )

    def __post_init__(self) -> None:
        for item in fields(self):
            kind, value = item.metadata["kind"], getattr(self, item.name)
            object.__setattr__(self, item.name, kind.plain(value))  # a frozen class has no other way
            check(item.name, kind, item.metadata["choices"], getattr(self, item.name), item.default)

    def changed(self) -> dict[str, Any]:
        """The settings that are not the default."""
        return {item.name: value for item in fields(self) if (value := getattr(self, item.name)) != item.default}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.changed().items())})"

    def _repr_html_(self) -> str:
        """The settings that are not the default, with their meaning, for a notebook."""
        meanings = {item.name: item.metadata["help"] for item in fields(self)}
        rows = [(name, repr(value), meanings[name]) for name, value in self.changed().items()]
        rows.append(("", "", f"{len(fields(self)) - len(rows)} other settings have their defaults"))
        return html.table((type(self).__name__, "value", "meaning"), rows)

    def model_options(self) -> dict[str, Any]:
        """The options of `minigan.models.build` that have a value."""
        values = {item.name: getattr(self, item.name) for item in fields(ModelConfig)}
        return {name: value for name, value in values.items() if value is not None}


source = partial(setting, panel="Data")
game = partial(setting, panel="Game")
output = partial(setting, panel="Run")


@dataclass(frozen=True, repr=False)
class TrainConfig(ModelConfig):
    """All settings of a training run; each is a flag of ``minigan train`` and a key of its TOML file.

    Raises
    ------
    ConfigError
        A value is of the wrong type or out of range; both `epochs` and `steps` are given.
    """

    data: str = source(TEXT, "digits", "A data set's name, folder:PATH, PATH.npy or PATH.npz.")
    data_range: tuple[float, float] | None = source(
        RANGE, None, "Lowest and highest value that the images are stored with; default for bytes: 0 255."
    )
    labels: str | None = source(
        TEXT, None, "Labels of the images: a CSV file of names and labels for folder:PATH, an .npy file for PATH.npy."
    )
    class_names: tuple[str, ...] | None = source(
        TEXTS, None, "Names of the classes in the order of their numbers; default: the data's own."
    )
    background: str | None = source(
        TEXT, None, "Colour behind transparent pictures, such as white or #ff8800; default: black."
    )
    skip_bad: bool = source(SWITCH, False, "Leave out picture files that cannot be read.")
    flip: bool = source(SWITCH, False, "Mirror each real image left to right with probability 1/2.")
    model: str = network(TEXT, "dcgan28", "The two networks, by name.", choices=models.MODELS)
    conditional: bool = network(SWITCH, False, "Give both networks the classes from the data's labels.")
    loss: str = game(TEXT, "non-saturating", "The loss of both networks.", choices=losses.GAN_LOSSES)
    label_smoothing: float = game(SHARE, 0.0, "Real images have the target 1 minus this.")
    fake_label_smoothing: float = game(SHARE, 0.0, "Generated images have this target.")
    label_flips: float = game(SHARE, 0.0, "Fraction of the labels flipped for the discriminator.")
    penalty: str | None = game(
        TEXT, None, "Penalty on the discriminator's input gradient.", choices=penalties.PENALTIES
    )
    penalty_weight: float | None = game(POSITIVE, None, "The penalty's weight; default: its paper's.")
    clip: float | None = game(POSITIVE, None, "Limit of the discriminator's weights, for the wasserstein loss.")
    max_norm: float | None = game(POSITIVE, None, "Maximum L2 norm of a unit's weights, in both networks.")
    instance_noise: float = game(AMOUNT, 0.0, "Standard deviation of noise added to all inputs of the discriminator.")
    instance_noise_steps: int | None = game(
        COUNT, None, "Steps in which that noise fades to 0; default: the whole run."
    )
    epochs: int | None = setting(COUNT, None, f"Passes over the data; {DEFAULT_EPOCHS} unless --steps is given.")
    steps: int | None = setting(COUNT, None, "Generator steps, in place of --epochs.")
    batch_size: int = setting(COUNT, 16, "Real images, and generated images, in each step.")
    seed: int = setting(INTEGER, 0, "Seed of the weights, the noise, dropout and the order of the images.")
    learning_rate: float | str = setting(
        RATE, 4e-4, 'Learning rate; a number or a schedule: "4e-4 -> 0 over 10000".', flag="--lr"
    )
    d_learning_rate: float | str | None = setting(
        RATE, None, "Discriminator's learning rate, if different.", flag="--d-lr"
    )
    optimizer: str = setting(TEXT, "adam", "The optimizer of both networks.", choices=optimizers.OPTIMIZERS)
    momentum: float | str = setting(
        MOMENTUM, 0.5, "Adam's beta_1, Momentum's momentum; sgd and rmsprop have none. A number or a schedule."
    )
    beta_2: float | None = setting(SHARE, None, "Adam's beta_2, if not 0.999.")
    d_steps: int = setting(COUNT, 1, "Discriminator steps in a round.")
    g_steps: int = setting(COUNT, 1, "Generator steps in a round.")
    count_in: str = setting(TEXT, "batches", "The unit of --d-steps and --g-steps.", choices=COUNTED)
    updates: str = setting(TEXT, "alternating", "Update one network after the other, or both at once.", choices=UPDATES)
    average: float | None = setting(
        SHARE, None, "Decay of a moving average of the generator's weights, used for samples."
    )
    noise: str = setting(TEXT, "uniform", "Distribution of the generator's noise.", choices=models.NOISE_KINDS)
    stop_when_converged: bool = setting(
        SWITCH, False, "Stop when the discriminator can no longer separate real from generated images."
    )
    textbook: bool = output(SWITCH, False, "Run the layer files one by one on the reference kernels (slow).")
    metrics: bool = output(SWITCH, False, "Measure the samples against the data after each epoch.")
    checkpoint_every: int | str | None = output(
        INTERVAL, None, "Steps or minutes between two checkpoints: 500, 10min; default: each epoch."
    )
    keep: int = output(COUNT, 3, "Newest checkpoints to keep. The best one by --metrics is kept as well.")
    on_nan: str = output(
        TEXT,
        "stop",
        "If a number is not finite: stop, or restore the last checkpoint and halve the learning rates.",
        choices=ON_NAN,
    )
    on_usr1: str = output(
        TEXT, "save", "At the signal SIGUSR1: save a checkpoint and go on, or stop as well.", choices=ON_SAVE
    )
    backend: str | None = output(
        TEXT, None, "Where to compute; default: MINIGAN_BACKEND, else numpy.", choices=backend.NAMES
    )
    precision: str | None = output(
        TEXT,
        None,
        "Precision of matrix products on a GPU; default: MINIGAN_PRECISION, else float32.",
        choices=precision.PRECISIONS,
    )
    threads: int | None = output(COUNT, None, "Threads of the CPU's kernels; default: all processors.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.epochs is not None and self.steps is not None:
            raise ConfigError(f"expected epochs or steps, got both: {self.epochs} and {self.steps}")

    @classmethod
    def recommended(cls, **given: Any) -> "TrainConfig":
        """The given settings; the others are those recommended for the model."""
        suited = dict(models.RECOMMENDED.get(given.get("model", cls.model), {}))
        if given.keys() & {"epochs", "steps"}:  # each replaces the other
            suited = {name: value for name, value in suited.items() if name not in ("epochs", "steps")}
        return cls(**{**suited, **given})

    def resolved(self) -> "TrainConfig":
        """The same settings, with every default of this machine and this version filled in."""
        model = {**model_defaults(self.model), **self.model_options()}
        return replace(
            self,
            **{name: value for name, value in model.items() if name in MODEL_OPTIONS},
            epochs=DEFAULT_EPOCHS if self.epochs is None and self.steps is None else self.epochs,
            backend=backend.name(),
            textbook=self.textbook or backend.is_textbook(),
            precision=self.precision or precision.precision(),
            threads=backend.threads(self.threads or backend.default_threads()),
        )


#: The settings that are options of models.
MODEL_OPTIONS = tuple(item.name for item in fields(ModelConfig))


def training_field(name: str) -> Any:
    """A copy of the field of this name in `TrainConfig`."""
    (item,) = (item for item in fields(TrainConfig) if item.name == name)
    return field(default=item.default, metadata=item.metadata)


def model_defaults(name: str) -> dict[str, Any]:
    """The default options of the model's function, except those for classes."""
    parameters = inspect.signature(models.MODELS[name]).parameters.values()
    defaults = {item.name: item.default for item in parameters if item.default is not item.empty}
    return {name: value for name, value in defaults.items() if name not in ("seed", "classes", "conditioning")}


def check(name: str, kind: Kind, choices: tuple[str, ...], value: Any, default: Any) -> None:
    """Refuse a value that is not of the setting's kind, or not among its choices."""
    if value is None and default is None:
        return
    try:
        accepted = kind.accepts(value)
    except ConfigError as error:
        raise ConfigError(f"{name}: {error}") from None
    if not accepted:
        raise ConfigError(f"{name}: expected {kind.words}, got {value!r}")
    if isinstance(value, str) and not value.isascii() and value != value.encode("utf-8", "replace").decode("utf-8"):
        raise ConfigError(
            f"{name}: expected text that config.toml can hold, got {value!r}: give the file or a link another name"
        )
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

    try:
        table: Mapping[str, Any] = tomlkit.parse(read_bytes(path, FILE_SIZE).decode("utf-8")).unwrap()
    except Exception as error:  # on a damaged file the parser can raise almost anything
        raise ConfigError(f"expected a TOML file in {path}, got: {one_line(error)}") from None
    known = {item.name for item in fields(TrainConfig)}
    unknown = sorted(table.keys() - known)
    if unknown:
        found, expected = one_line(", ".join(unknown)), ", ".join(sorted(known))
        raise ConfigError(f"{path}: unknown setting {found}: expected one of {expected}")
    settings: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in table.items()
    }
    try:
        TrainConfig(**settings)
    except ValueError as error:  # Python refuses to print numbers of thousands of digits
        raise ConfigError(f"{path}: {one_line(error)}") from None
    return settings


def write_config(path: str | Path, config: TrainConfig) -> None:
    """Write all settings of `config` that have a value, each with its help as a comment."""
    import tomlkit

    from minigan.io.atomic_write import write_text

    document = tomlkit.document()
    values = asdict(config)
    for item in fields(config):
        value = values[item.name]
        if value is None:
            continue
        entry = tomlkit.item(item.metadata["kind"].written(value))
        document.add(item.name, entry.comment(item.metadata["help"]))
    write_text(path, tomlkit.dumps(document))
