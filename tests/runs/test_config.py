"""Settings: what each takes, and the TOML file that holds them all."""

from dataclasses import asdict, fields, replace

import numpy as np
import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from minigan import models
from minigan.errors import ConfigError
from minigan.runs import ModelConfig, TrainConfig
from minigan.runs.config import read_config, write_config

positive = st.floats(1e-12, 1e12)


def everything() -> st.SearchStrategy[TrainConfig]:
    """Any settings there can be."""
    filters = st.lists(st.integers(1, 999), min_size=1, max_size=5).map(tuple)
    amount = st.one_of(
        st.fixed_dictionaries({"epochs": st.integers(1, 99)}),
        st.fixed_dictionaries({"steps": st.integers(1, 10**9)}),
        st.just({}),
    )
    others = st.fixed_dictionaries(
        {
            "latent_size": st.integers(1, 999),
            "generator_filters": filters,
            "discriminator_filters": filters,
            "output_activation": st.sampled_from(list(models.OUTPUT_RANGES)),
            "data": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
            "data_range": st.none() | st.tuples(positive, positive),
            "label_smoothing": st.floats(0, 0.49),
            "learning_rate": positive | st.integers(1, 9),
            "d_learning_rate": st.none() | positive,
            "momentum": st.floats(0, 0.999),
            "seed": st.integers(-(2**63), 2**63 - 1),
            "noise": st.sampled_from(models.NOISE_KINDS),
            "backend": st.sampled_from(["numpy", "cupy", "auto", None]),
            "threads": st.none() | st.integers(1, 64),
        }
    )
    return st.tuples(others, amount).map(lambda pair: TrainConfig(**pair[0], **pair[1]))


# The file


@settings(max_examples=40, deadline=None)
@given(config=everything())
def test_a_file_gives_back_the_settings_that_were_written(config, tmp_path_factory):
    path = tmp_path_factory.mktemp("config") / "config.toml"
    write_config(path, config)
    assert TrainConfig(**read_config(path)) == config


def test_the_file_holds_every_setting_that_has_a_value_and_says_what_it_means(tmp_path):
    config = replace(TrainConfig().resolved(), data_range=(0.0, 1.0), d_learning_rate=1e-4)
    path = tmp_path / "config.toml"
    write_config(path, config)
    table = tomlkit.parse(path.read_text()).unwrap()
    expected = {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(config).items() if v is not None}
    assert table == expected
    without = {
        "steps",
        "classes",
        "conditioning",
        "penalty",
        "penalty_weight",
        "clip",
        "max_norm",
        "instance_noise_steps",
        "average",
        "checkpoint_every",
        "beta_2",
        "labels",
        "background",
        "class_names",
    }
    assert set(table) == {field.name for field in fields(TrainConfig)} - without
    for line, field in zip(path.read_text().splitlines(), (f for f in fields(config) if f.name in table)):
        assert line.startswith(f"{field.name} = ")
        assert line.endswith(f"# {field.metadata['help']}")


def test_a_run_of_the_same_settings_writes_the_same_file(tmp_path):
    for name in ("a", "b"):
        write_config(tmp_path / name, TrainConfig(seed=3))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epochz = 3", "unknown setting epochz: expected one of average, backend, background, batch_size"),
        ("[train]\nepochs = 3", "unknown setting train"),
        ('epochs = "many"', "epochs: expected a whole number from 1 to 2147483647, got 'many'"),
        ("epochs = 1.0", "epochs: expected a whole number from 1 to 2147483647, got 1.0"),
        ("epochs = true", "epochs: expected a whole number from 1 to 2147483647, got True"),
        ("epochs = 0", "epochs: expected a whole number from 1 to 2147483647, got 0"),
        ("epochs = [1]", r"epochs: expected a whole number from 1 to 2147483647, got \(1,\)"),
        ("epochs = 1979-05-27", "epochs: expected a whole number"),
        ("learning_rate = inf", "learning_rate: expected a number above 0, got inf"),
        ("learning_rate = nan", "learning_rate: expected a number above 0, got nan"),
        ("generator_filters = 4", "generator_filters: expected whole numbers from 1 to 2147483647, got 4"),
        ("generator_filters = []", "generator_filters: expected whole numbers from 1 to 2147483647"),
        ("generator_filters = [4, 0]", "generator_filters: expected whole numbers from 1 to 2147483647"),
        ("data = 3", "data: expected text, got 3"),
        ("data_range = [1]", "data_range: expected two numbers"),
        ("data_range = [0, 1, 2]", "data_range: expected two numbers"),
        ('model = "dcgan29"', "model: expected one of dcgan28, .*, got 'dcgan29'"),
        ("epochs = 1\nsteps = 2", "expected epochs or steps, got both: 1 and 2"),
        ("epochs = 1\nepochs = 2", "expected a TOML file in .*, got: "),
        ("epochs 3", "expected a TOML file in .*, got: "),
        ("epochs = ", "expected a TOML file in .*, got: "),
    ],
)
def test_a_wrong_file_is_refused_by_its_name_and_its_fault(tmp_path, text, message):
    path = tmp_path / "my.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        read_config(path)
    assert "my.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), lambda path: path.write_bytes(b"\xff")])
def test_what_cannot_be_read_is_refused_by_its_name(tmp_path, make):
    path = tmp_path / "my.toml"
    make(path)
    with pytest.raises(ConfigError, match=r"expected a TOML file in .*my\.toml, got: "):
        read_config(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed = 0x" + "f" * 6000, "whole number|integer string"),
        ("seed = " + "9" * 5000, "got: |got inf"),  # which of them depends on the version of tomlkit
        ("learning_rate = 1" + "0" * 400, "learning_rate: expected "),
        ("seed = " + "[" * 5000, "got: "),
        ("x" * 60_000 + " = 1", "unknown setting x{500} ...: expected one of "),
        ('"\\u001b[2J" = 1', r"unknown setting \?\[2J: "),
        ("seed = '" + "x" * 60_000 + "'", "seed: expected a whole number, got 'x"),
        ("#" * 70_000, "Expected at most 65,536 bytes, got 70,000"),
    ],
)
def test_huge_values_and_names_are_refused_in_one_short_line(tmp_path, text, message):
    (tmp_path / "my.toml").write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        read_config(tmp_path / "my.toml")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 2000


def test_a_seed_that_no_number_of_64_bits_holds_is_a_seed():
    assert TrainConfig(seed=10**30).seed == 10**30


def test_an_empty_file_changes_nothing(tmp_path):
    path = tmp_path / "my.toml"
    path.write_text("# only a comment\n")
    assert TrainConfig(**read_config(path)) == TrainConfig()


# The values


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("latent_size", 0, "a whole number from 1 to 2147483647"),
        ("image_size", -28, "HEIGHTxWIDTH, such as 28x56, or a whole number"),
        ("image_size", "28x", "HEIGHTxWIDTH, such as 28x56, or a whole number"),
        ("image_size", (28, 0), "HEIGHTxWIDTH, such as 28x56, or a whole number"),
        ("image_size", (1, 2, 3), "HEIGHTxWIDTH, such as 28x56, or a whole number"),
        ("image_size", True, "HEIGHTxWIDTH, such as 28x56, or a whole number"),
        ("image_size", 28.0, "HEIGHTxWIDTH, such as 28x56, or a whole number"),
        ("class_names", "cats,dogs", "texts"),
        ("channels", 1.0, "a whole number from 1 to 2147483647"),
        ("generator_filters", [4], "whole numbers from 1 to 2147483647"),
        ("discriminator_filters", (), "whole numbers from 1 to 2147483647"),
        ("discriminator_filters", ("4",), "whole numbers from 1 to 2147483647"),
        ("data_range", (0, float("inf")), "two numbers"),
        ("label_smoothing", -0.1, "a number of at least 0 and less than 1"),
        ("momentum", 1, "a number of at least 0 and less than 1"),
        ("momentum", float("nan"), "a number of at least 0 and less than 1"),
        ("learning_rate", 0, "a number above 0"),
        ("learning_rate", None, "a number above 0"),
        ("d_learning_rate", -1e-3, "a number above 0"),
        ("batch_size", True, "a whole number from 1 to 2147483647"),
        ("d_steps", 0, "a whole number from 1 to 2147483647"),
        ("steps", 0, "a whole number from 1 to 2147483647"),
        ("seed", 0.5, "a whole number"),
        ("threads", 0, "a whole number from 1 to 2147483647"),
        ("model", 28, "text"),
    ],
)
def test_a_value_of_another_kind_is_refused_with_what_was_expected(name, value, expected):
    with pytest.raises(ConfigError) as caught:
        TrainConfig(**{name: value})
    assert str(caught.value) == f"{name}: expected {expected}, got {value!r}"


@pytest.mark.parametrize("name", ["model", "loss", "optimizer", "noise", "backend", "output_activation"])
def test_a_name_that_is_none_of_the_choices_is_refused_with_all_of_them(name):
    choices = next(field for field in fields(TrainConfig) if field.name == name).metadata["choices"]
    with pytest.raises(ConfigError) as caught:
        TrainConfig(**{name: "other"})
    assert str(caught.value) == f"{name}: expected one of {', '.join(choices)}, got 'other'"
    for choice in choices:
        assert getattr(TrainConfig(**{name: choice}), name) == choice


@pytest.mark.parametrize("size", [28, "28", "28x28", (28, 28), np.int64(28), (np.int8(28), np.uint8(28))])
def test_a_square_is_one_number(size):
    assert TrainConfig(image_size=size).image_size == 28
    assert type(TrainConfig(image_size=size).image_size) is int


@pytest.mark.parametrize("size", ["28x56", "28X56", (28, 56), (np.int64(28), np.int32(56))])
def test_a_rectangle_is_height_and_width_and_is_written_so(size, tmp_path):
    config = TrainConfig(image_size=size)
    assert config.image_size == (28, 56)
    write_config(tmp_path / "a.toml", config)
    assert 'image_size = "28x56"' in (tmp_path / "a.toml").read_text()
    assert TrainConfig(**read_config(tmp_path / "a.toml")) == config


def test_a_file_may_write_a_size_as_a_list(tmp_path):
    (tmp_path / "a.toml").write_text("image_size = [28, 56]")
    assert TrainConfig(**read_config(tmp_path / "a.toml")).image_size == (28, 56)


def test_numbers_of_numpy_are_stored_as_python_s():
    config = TrainConfig(
        batch_size=np.int8(4),
        learning_rate=np.float32(0.5),
        generator_filters=(np.int64(4), 2),
        data_range=(np.float64(0), np.int16(9)),
        seed=np.uint64(2**63),
    )
    assert config == TrainConfig(
        batch_size=4, learning_rate=0.5, generator_filters=(4, 2), data_range=(0, 9), seed=2**63
    )
    values = (config.batch_size, config.learning_rate, *config.generator_filters, *config.data_range, config.seed)
    assert {type(value) for value in values} == {int, float}


@pytest.mark.parametrize("value", [np.bool_(True), np.float64(2.0), np.int64(-1), np.array([2])])
def test_numbers_of_numpy_that_do_not_fit_are_refused(value):
    with pytest.raises(ConfigError, match="batch_size: expected a whole number from 1"):
        TrainConfig(batch_size=value)


def test_both_epochs_and_steps_are_refused():
    with pytest.raises(ConfigError, match="expected epochs or steps, got both: 2 and 3"):
        TrainConfig(epochs=2, steps=3)


def test_settings_cannot_be_changed_afterwards():
    with pytest.raises(AttributeError):
        TrainConfig().seed = 1


def test_resolved_settings_leave_nothing_to_the_machine(monkeypatch):
    monkeypatch.setenv("MINIGAN_THREADS", "1")
    resolved = TrainConfig().resolved()
    assert (resolved.epochs, resolved.steps) == (5, None)
    assert resolved.backend == "numpy"
    assert resolved.threads == 1
    assert TrainConfig(steps=5).resolved().epochs is None
    assert resolved.resolved() == resolved


def test_model_options_are_those_that_build_takes():
    options = ModelConfig(latent_size=3, image_size=8, generator_filters=(2,), discriminator_filters=(2,))
    gan = models.build("dcgan28", 0, **options.model_options())
    assert gan.image_shape == (8, 8, 1)
    assert TrainConfig(**options.model_options()).model_options() == options.model_options()


def test_every_setting_says_what_it_means():
    for field in fields(TrainConfig):
        assert field.metadata["help"].endswith(".")
        assert field.metadata["panel"] in ("Data", "Networks", "Game", "Training", "Run")
