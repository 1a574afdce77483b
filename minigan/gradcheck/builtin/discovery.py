"""Find the cases to check: by name, or in a user's own file."""

import copy
import inspect
from functools import partial
from pathlib import Path

from minigan import backend
from minigan.errors import ConfigError, ShapeError
from minigan.gradcheck.builtin.cases import CASES, Case, FunctionCase
from minigan.gradcheck.builtin.user_file import SHAPES, PairCase, functions_of, load
from minigan.gradcheck.report import BEHAVIOUR, FAIL, Report, Row
from minigan.gradcheck.target import describe_error
from minigan.layers.base import Context, Layer
from minigan.layers.residual import every_layer
from minigan.model.sequential import Sequential
from minigan.random import Stream

__all__ = ["cases_in_file", "run_case", "select"]


def select(names: list[str]) -> list[Case | FunctionCase]:
    """The cases with these names, or of these layers; without names, all cases.

    Raises
    ------
    ConfigError
        A name is neither a case nor a layer.
    """
    chosen = []
    for name in names:
        found = [case for case in CASES if name.lower() in (case.name.lower(), case.subject.lower())]
        if not found:
            subjects = ", ".join(sorted({case.subject for case in CASES}))
            raise ConfigError(f"unknown case {name!r}: expected one of {subjects}, or the name of a case")
        chosen += found
    return chosen or CASES


def cases_in_file(path: Path, shape: str | None = None) -> list[Case | FunctionCase | PairCase]:
    """What a Python file defines: its layers and networks, its functions with a backward, and its losses.

    Layers are the objects in it, and its classes that need no arguments; see `functions_of` for the functions.

    Parameters
    ----------
    path : Path
        The file, which is run.
    shape : str, optional
        The input's shape with the batch axis, as "2,5,4,3"; default: the shape that an object was built for;
        without one, the first of a shape of vectors and one of images that works. For a function of several arguments
        one shape for each, as "4,3 3,2 2".

    Raises
    ------
    ConfigError
        The file cannot be run or defines nothing to check, or a layer takes none of the shapes.
    """
    module = load(path)
    shapes = [] if shape is None else read_shapes(shape)
    models = {name: thing for name, thing in vars(module).items() if isinstance(thing, Layer | Sequential)}
    made = [part for model in models.values() for part in every_layer([model] if isinstance(model, Layer) else model)]
    for name, thing in vars(module).items():
        own = inspect.isclass(thing) and issubclass(thing, Layer) and thing.__module__ == module.__name__
        if own and thing.forward is not Layer.forward and not any(isinstance(layer, thing) for layer in made):
            models[name] = construct(thing, path)
    functions = functions_of(module, shapes)
    if not models and not functions:
        raise ConfigError(
            f"{path}: expected a layer, an object or a class that derives from Layer, found none; "
            f"nor a function with a backward, such as f and f_backward, or a loss, such as my_loss"
        )
    if models and (len(shapes) > 1 or (shapes and len(shapes[0]) < 2)):
        raise ConfigError(f"--shape: expected sizes with the batch axis first, such as 2,5,4,3, got {shape!r}")
    wanted = shapes[0] if shapes else None
    layers = [
        Case(name, partial(copy.deepcopy, model), fitting_shape(name, model, wanted), two_modes=True)
        for name, model in models.items()
    ]
    return [*layers, *functions]


def construct(make: type[Layer], path: Path) -> Layer:
    """Make an object of the class."""
    try:
        inspect.signature(make).bind()
    except TypeError as error:
        raise ConfigError(f"{path}: {make.__name__} needs arguments, so make an object of it there: {error}") from None
    try:
        return make()
    except Exception as error:
        raise ConfigError(f"{path}: {make.__name__} cannot be made: {describe_error(error)}") from None


def read_shapes(text: str) -> list[tuple[int, ...]]:
    """Parse shapes such as ``2,5,4,3`` or ``4,3 3,2 2``."""
    try:
        shapes = [tuple(int(size) for size in part.split(",")) for part in text.split()]
    except ValueError:
        shapes = []
    if not shapes or min(min(shape) for shape in shapes) < 1:
        raise ConfigError(f"--shape: expected sizes with the batch axis first, such as 2,5,4,3, got {text!r}")
    return shapes


def fitting_shape(name: str, model: Layer | Sequential, wanted: tuple[int, ...] | None) -> tuple[int, ...]:
    """The given shape, the one the model was built for, or the first that it takes."""
    candidates = [wanted] if wanted else [(3, *model.input_shape)] if model.built else SHAPES
    reasons, shapes_matter = [], False
    for shape in candidates:
        trial = copy.deepcopy(model)
        try:
            trial.build(shape[1:])
            trial.forward(backend.xp().zeros(shape, "float32"), Context(training=True, rng=Stream(0)))
        except Exception as error:
            reasons.append(describe_error(error))
            shapes_matter |= isinstance(error, ShapeError)
        else:
            return shape
    shapes = " or ".join(map(str, candidates))
    if not shapes_matter and len(candidates) > 1 and len(set(reasons)) == 1:  # another shape would change nothing
        raise ConfigError(f"{name} cannot be built or run: {reasons[0]}")
    advice = "" if wanted else ", give --shape"
    raise ConfigError(f"{name} does not take an input of shape {shapes}{advice}: {reasons[-1]}")


def run_case(case: Case | FunctionCase | PairCase, seed: int) -> Report:
    """Check a case; an error in its code becomes a row of the report."""
    try:
        return case.check(seed=seed)
    except Exception as error:
        return Report([Row(case.name, "forward and backward run", BEHAVIOUR, FAIL, detail=describe_error(error))], seed)
