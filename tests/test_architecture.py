"""The structure of the package: the order of its rooms, who may import what, and files of one sitting."""

import ast
import inspect
from pathlib import Path

import pytest

from minigan import kernels
from minigan.training import steps
from tests import imports

ROOT = imports.PACKAGE.parent

#: Packages of other projects that may be missing, each with the one module that imports it.
OPTIONAL = {"cupy": "minigan.backend.cupy", "numba": "minigan.kernels.compiled.compiler.translate", "mpi4py": None}


def test_every_room_has_its_place_in_the_order():
    assert sorted(imports.ORDER) == imports.rooms()


@pytest.mark.parametrize("room", imports.ORDER)
def test_a_room_imports_only_from_earlier_rooms(room: str):
    later = imports.ORDER[imports.ORDER.index(room) + 1 :]
    found = imports.rooms_imported_by(room)
    assert {name: pairs for name, pairs in found.items() if name in later or name == "minigan"} == {}


def test_no_modules_import_one_another():
    assert imports.circles() == []


@pytest.mark.parametrize(("package", "place"), OPTIONAL.items())
def test_an_optional_package_is_imported_in_one_place(package: str, place: str | None):
    found = [module for module in imports.modules() if package in imports.external_imports_of(module)]
    assert found == ([] if place is None else [place])


def test_only_fusion_and_model_name_the_fast_kernels():
    """All others call ``kernels.<name>``, and whatever runs, runs."""
    fast = ("minigan.kernels.compiled", "minigan.kernels.cpu", "minigan.kernels.cuda", "minigan.kernels.reference")
    found = {
        (module, imported)
        for module in imports.modules()
        if imports.room_of(module) not in ("kernels", "fusion", "model")
        for imported in imports.imports_of(module)
        if imported.startswith(fast)
    }
    assert found == set()


def test_the_reference_kernels_know_nothing_of_the_fast_ones():
    for module in imports.modules():
        if module.startswith("minigan.kernels.reference"):
            known = {name for name in imports.imports_of(module) if name.startswith("minigan.kernels")}
            assert all(name.startswith("minigan.kernels.reference") for name in known), module


def test_fast_kernels_of_one_kind_know_nothing_of_the_other():
    pairs = ("cpu", "cuda"), ("cuda", "cpu"), ("cpu", "compiled"), ("cuda", "compiled"), ("compiled", "cuda")
    for one, other in pairs:
        for module in imports.modules():
            if module.startswith(f"minigan.kernels.{one}"):
                assert not any(name.startswith(f"minigan.kernels.{other}") for name in imports.imports_of(module)), (
                    module
                )


def test_threads_know_no_algorithm_and_algorithms_know_no_twin():
    def found(part: str) -> set[str]:
        names = [name for name in imports.modules() if name.startswith(f"minigan.kernels.cpu.{part}")]
        return {
            name for module in names for name in imports.imports_of(module) if name.startswith("minigan.kernels.cpu.")
        }

    assert all(name.startswith("minigan.kernels.cpu.parallel") for name in found("parallel"))
    assert all(
        name.startswith(("minigan.kernels.cpu.parallel", "minigan.kernels.cpu.algorithms"))
        for name in found("algorithms")
    )


@pytest.mark.parametrize("name", kernels.TABLE)
def test_a_fast_kernel_has_the_file_name_of_its_definition(name: str):
    kernel = kernels.TABLE[name]
    stem = kernel.definition.__module__.rpartition(".")[2]
    assert kernel.definition.__module__ == f"minigan.kernels.reference.{stem}"
    for room, twin in (("compiled", kernel.compiled), ("cpu", kernel.cpu), ("cuda", kernel.cuda)):
        assert twin is None or Path(twin.__code__.co_filename) == imports.modules()[f"minigan.kernels.{room}.{stem}"]


def test_layers_know_the_kernels_by_their_table_alone():
    found = {
        name
        for module in imports.modules()
        if imports.room_of(module) == "layers"
        for name in imports.imports_of(module)
    }
    assert {name for name in found if name.startswith("minigan.kernels")} == {"minigan.kernels"}


def test_no_test_changes_the_search_path():
    for path in sorted((ROOT / "tests").rglob("*.py")):
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        assert not [node for node in nodes if isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.path"], path


def test_no_file_is_longer_than_can_be_read_in_one_sitting():
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in imports.modules().values()
    }
    assert {name: length for name, length in lengths.items() if length > 350} == {}
    assert lengths["minigan/layers/base.py"] < 220
    assert lengths["minigan/training/steps.py"] < 200


@pytest.mark.parametrize("step", [steps.discriminator_step, steps.generator_step])
def test_a_step_of_training_is_one_short_function(step):
    node = ast.parse(inspect.getsource(step)).body[0]
    assert isinstance(node, ast.FunctionDef)
    assert node.end_lineno - node.body[1].lineno < 30  # body[0] is the docstring
