"""What Python shows of the library: the help of its functions and the texts of its objects."""

import ast
import importlib
import inspect
import pydoc
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import minigan as mg
from minigan import losses, metrics, models, optimizers, penalties
from minigan.initializers import Normal, VarianceScaling
from minigan.runs.lock import RunLock
from minigan.runs.start import resume_run, train_run
from minigan.training.checkpoint.folder import CheckpointFolder
from minigan.training.monitor.monitor import Monitor
from tests import imports

API = Path(__file__).parents[1] / "docs" / "api"


def exported() -> Iterator[tuple[str, Any]]:
    """Everything in the ``__all__`` of a module, by its full name."""
    for name in imports.modules():
        if not name.endswith("__main__"):
            module = importlib.import_module(name)
            for item in getattr(module, "__all__", ()):
                yield f"{name}.{item}", getattr(module, item)


def functions() -> dict[str, Callable[..., Any]]:
    """Every exported function, and every method and constructor of an exported class, by its full name."""
    found = {}
    for name, item in exported():
        if inspect.isfunction(item):
            found[name] = item
        elif inspect.isclass(item) and item.__module__.startswith("minigan"):
            methods = inspect.getmembers(item, inspect.isfunction)
            found |= {f"{name}.{method}": function for method, function in methods}
    return found


def public_classes() -> list[type]:
    """The classes in the ``__all__`` of minigan and its rooms, and those that have a place in the documentation."""
    rooms = {"minigan", *(f"minigan.{room}" for room in imports.ORDER if room in mg.__all__)}
    found = {item for name, item in exported() if name.rpartition(".")[0] in rooms and inspect.isclass(item)}
    for page in API.glob("*.md"):
        for name in re.findall(r"autoclass:: (minigan\.\S+)", page.read_text(encoding="utf-8")):
            module, _, item = name.rpartition(".")
            found.add(getattr(importlib.import_module(module), item))
    return sorted(found, key=lambda item: (item.__module__, item.__name__))


# Help


def test_no_default_is_a_lambda_or_a_container_that_can_be_changed():
    found = {}
    for name, function in functions().items():
        for argument, parameter in inspect.signature(function).parameters.items():
            default = parameter.default
            if getattr(default, "__name__", "") == "<lambda>" or isinstance(default, list | dict | set):
                found[f"{name}({argument})"] = default
    assert found == {}


def test_signatures_are_short_enough_to_read():
    """An alias of many types is shown as all of them, unless its name is written as a text."""
    found = {}
    for name, function in functions().items():
        signature = inspect.signature(function)
        for part in (*signature.parameters.values(), signature.return_annotation):
            annotation = getattr(part, "annotation", part)
            text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
            if text.count("|") > 4:
                found[name] = text
    assert found == {}


def test_annotations_that_are_texts_have_a_meaning():
    for function in functions().values():
        if any(isinstance(annotation, str) for annotation in function.__annotations__.values()):
            get_type_hints(function, names_of(function.__module__))


@cache
def names_of(name: str) -> dict[str, Any]:
    """The names of a module, and those that it imports for type checking only."""
    module = importlib.import_module(name)
    names = dict(vars(module))
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            exec(compile(ast.Module(node.body, []), name, "exec"), names)
    return names


@pytest.mark.parametrize(
    "function", [train_run, resume_run, mg.Trainer.train, mg.runs.evaluate], ids=lambda function: function.__qualname__
)
def test_the_help_of_a_long_call_has_no_places_in_memory_and_no_lambdas(function):
    text = pydoc.plain(pydoc.render_doc(function))
    assert "<" not in text.split("\n\n")[1].replace("<class", "")
    assert "DiscriminatorEnd" not in text.splitlines()[2]


def test_the_help_names_what_a_listener_is():
    assert "listener: minigan.training.events.Listener | None = None" in pydoc.plain(pydoc.render_doc(train_run))
    help_of_listener = pydoc.plain(pydoc.render_doc(mg.training.Listener))
    assert "event: minigan.training.events.Event" in help_of_listener


# Texts of objects


def test_no_public_class_is_shown_as_a_place_in_memory():
    plain = [item for item in public_classes() if item.__repr__ is object.__repr__ and item is not Any]
    assert [item for item in plain if not getattr(item, "_is_protocol", False)] == []


def objects(folder: Path) -> list[Any]:
    rng = mg.Stream(0, "shown")
    data = mg.data.load("digits")
    gan = models.build("dcgan28", generator_filters=(2, 2), discriminator_filters=(2, 2))
    points = mg.data.load("ring")
    flat = models.build("mlp2d")
    return [
        *(losses.get(name) for name in losses.GAN_LOSSES),
        losses.NonSaturating(0.1, 0.2),
        losses.NoisyLabels(losses.Hinge(), 0.25, rng),
        losses.InstanceNoise(0.5, 100, rng),
        *(penalties.get(name) for name in penalties.PENALTIES),
        *(kind() for kind in optimizers.OPTIMIZERS.values()),
        Normal(),
        VarianceScaling(2, "fan_in", "uniform"),
        mg.Trainer(gan, data, batch_size=8),
        mg.plots.PointsView(flat, losses.get("hinge"), points, "normal"),
        metrics.DigitClassifier(),
        metrics.FrechetDigits(data, 20),
        Monitor(16),
        RunLock(folder),
        CheckpointFolder(folder),
    ]


def test_an_object_is_one_line_with_its_name_and_its_settings(tmp_path):
    for item in objects(tmp_path):
        text = repr(item)
        assert re.fullmatch(rf"{type(item).__name__}\(.*\)", text), text
        assert len(text) < 250, text
        assert " at 0x" not in text


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (losses.NonSaturating(0.1), "NonSaturating(label_smoothing=0.1, fake_label_smoothing=0.0)"),
        (losses.Hinge(), "Hinge()"),
        (penalties.get("r1"), "R1(weight=10.0)"),
        (losses.NoisyLabels(losses.Wasserstein(), 0.25, mg.Stream(0, "a")), "NoisyLabels(Wasserstein(), rate=0.25)"),
        (losses.InstanceNoise(0.5, 100, mg.Stream(0, "a")), "InstanceNoise(stddev=0.5, steps=100, taken=0)"),
        (VarianceScaling(2, "fan_in", "uniform"), "VarianceScaling(2, 'fan_in', 'uniform')"),
        (
            optimizers.Adam(4e-4, 0.5),
            "Adam(learning_rate=0.0004, beta_1=0.5, beta_2=0.999, epsilon=1e-07, iterations=0)",
        ),
        (optimizers.SGD(), "SGD(learning_rate=0.01, iterations=0)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_settings_are_the_ones_that_were_given(item, text):
    assert repr(item) == text


def test_a_trainer_shows_what_it_trains_and_how_far_it_is(make_shown_trainer):
    trainer = make_shown_trainer(loss="hinge")
    list(trainer.train(steps=3))
    assert repr(trainer) == "Trainer('dcgan28' on 'digits', loss=Hinge(), batch_size=8, step=3)"


@pytest.fixture
def make_shown_trainer() -> Callable[..., mg.Trainer]:
    def make(**settings: Any) -> mg.Trainer:
        gan = models.build("dcgan28", generator_filters=(2, 2), discriminator_filters=(2, 2))
        return mg.Trainer(gan, mg.data.load("digits"), batch_size=8, **settings)

    return make


# The help of all public names

#: The longest text of a parameter with its annotation and its default, and of a whole call.
PARAMETER, CALL = 130, 660

#: Calls that are longer: a setting for each flag of ``minigan train``. Their help explains each.
LONG = {"TrainConfig", "ImportConfig"}


def public_callables() -> dict[str, Any]:
    """The functions and classes in the ``__all__`` of minigan and of its rooms, by name."""
    found = {}
    for name in mg.__all__:
        item = getattr(mg, name)
        if inspect.ismodule(item):
            found |= {f"{name}.{inner}": getattr(item, inner) for inner in getattr(item, "__all__", ())}
        else:
            found[name] = item
    return {name: item for name, item in found.items() if inspect.isfunction(item) or inspect.isclass(item)}


def test_the_help_of_all_public_names_can_be_read():
    """No place in memory, no lambda, no object without a name; and calls of a length that one reads."""
    found = {}
    for name, item in public_callables().items():
        text = pydoc.plain(pydoc.render_doc(item))
        if bad := re.search(r"<lambda>|<object object|\bat 0x[0-9a-f]+", text):
            found[name] = bad[0]
        try:
            signature = inspect.signature(item)
        except ValueError:  # an error, whose message is all that it takes
            continue
        longest = max((len(str(parameter)) for parameter in signature.parameters.values()), default=0)
        if longest > PARAMETER or (len(str(signature)) > CALL and item.__name__ not in LONG):
            found[name] = str(signature)
    assert found == {}


def test_all_public_functions_and_classes_say_what_they_are():
    assert [name for name, item in public_callables().items() if not inspect.getdoc(item)] == []


# What a notebook shows


def test_settings_are_those_that_were_given_and_a_notebook_shows_their_meaning():
    config = mg.TrainConfig(model="mlp2d", data="ring", steps=20)
    assert repr(config) == "TrainConfig(data='ring', model='mlp2d', steps=20)"
    assert eval(repr(config), {"TrainConfig": mg.TrainConfig}) == config
    page = config._repr_html_()
    assert "mlp2d" in page
    assert re.search(r"\d+ other settings have their defaults", page)
    assert repr(mg.TrainConfig()) == "TrainConfig()"


def test_an_evaluation_is_a_dict_and_a_table():
    values = {"title": "recall", "best": "high", "meaning": "<variety>", "generated": 0.25, "real": None}
    found = mg.runs.Evaluation(model="m", data="d", count=5, seed=0, notes=["a note"], metrics={"recall": values})
    page = found._repr_html_()
    assert found == dict(found)
    for text in ("recall", "0.25", "infinite", "&lt;variety&gt;", "A note."):
        assert text in page


@pytest.mark.parametrize(("size", "mark"), [(1, "<rect"), (2, "<circle"), (3, None)])
def test_points_are_drawn_if_they_have_at_most_two_coordinates(size, mark):
    import numpy as np

    page = mg.data.Points(np.arange(6.0 * size).reshape(6, size))._repr_html_()
    assert "6 points" in page
    assert ("<svg" in page) == (mark is not None)
    if mark is not None:
        assert mark in page
