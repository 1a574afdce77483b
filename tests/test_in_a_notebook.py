"""What a real Jupyter kernel shows of the library's objects."""

import os
from pathlib import Path
from typing import Any

import pytest

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")
pytest.importorskip("ipykernel")

SMALL = "generator_filters=(2, 2), discriminator_filters=(2, 2)"

#: Cells, and a text that the HTML of the last line must have; None where a picture is expected.
CELLS: dict[str, str | None] = {
    f"gan = mg.models.build('dcgan28', {SMALL}); gan": "Output Shape",
    "gan.generator": "Output Shape",
    "data = mg.data.load('digits'); data": "<img",
    "mg.data.load('ring')": "<circle",
    "mg.data.Points(data.images[0, :, :1, 0])": "<rect",
    "trainer = mg.Trainer(gan, data, batch_size=8); trainer": "batch size",
    "history = trainer.fit(steps=2); history": "first step",
    "next(trainer.train(steps=1))": "d_loss",
    "history.plot()": None,
    "config = mg.TrainConfig(model='mlp2d', data='ring', steps=2); config": "other settings have their defaults",
    "mg.runs.train_run(config, 'run')": "Training mlp2d on ring, into run",
    "result = mg.runs.evaluate('run', count=50); result": "real data",
    "mg.gradcheck.check(mg.layers.Tanh(), (2, 3))": "tolerance",
    "mg.gradcheck.check(mg.layers.Tanh(), (2, 3)).plot('check.png')": None,
    "mg.plots.save_grid('grid.png', data.batch([0, 1]), (-1, 1))": None,
    "mg.benchmark(abs, data.images[:2] * 1.0, repeats=1)": "median",
    "mg.benchmark(abs, data.images[:2] * 1.0, repeats=1).plot()": None,
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory) -> list[list[Any]]:
    """The outputs of each cell."""
    folder = tmp_path_factory.mktemp("notebook")
    cells = [nbformat.v4.new_code_cell(text) for text in ("import minigan as mg", *CELLS)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]))
        nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    return [cell.outputs for cell in notebook.cells[1:]]


def test_every_object_is_shown_as_a_table_or_a_picture(outputs):
    for (cell, text), found in zip(CELLS.items(), outputs, strict=True):
        data = {kind: content for output in found for kind, content in output.get("data", {}).items()}
        if text is None:
            assert "image/png" in data, cell
        else:
            pages = [output["data"].get("text/html", "") for output in found if "data" in output]
            assert any(text in page for page in pages), cell


def test_nothing_else_is_shown(outputs):
    """No stray output: an empty one of rich, a warning, a second figure."""
    for cell, found in zip(CELLS, outputs, strict=True):
        kinds = [output.output_type for output in found]
        training = "fit(" in cell or "train_run(" in cell
        assert kinds == (["display_data", "execute_result"] if training else ["execute_result"]), cell
        for output in found:
            assert any(content for content in output["data"].values()), cell


def test_progress_has_the_samples_and_the_curves(outputs):
    for cell, found in zip(CELLS, outputs, strict=True):
        if "fit(" in cell or "train_run(" in cell:
            assert found[0]["data"]["text/html"].count("<img") == 2, cell
