"""The table of metrics: nine digits a number, by the names of the events."""

import tracemalloc

import numpy as np
import pytest

from minigan.errors import RunError
from minigan.runs.tables import COLUMNS, Table, read_gradients, read_metrics, row_of
from minigan.training import StepEnd


def event(step: int) -> StepEnd:
    third = float(np.float32(1) / np.float32(3))
    return StepEnd(1, step, 9, third, -1e-20, 0.5, 1.0, 0.25, 0.75, 2.5, 1e-9, 123.456, 0.1 * step)


@pytest.fixture
def table(tmp_path) -> str:
    path = tmp_path / "written.csv"
    with Table(path, COLUMNS) as rows:
        rows.append(row_of(event(1)))
        rows.append(row_of(event(2)))
        assert path.read_bytes().count(b"\n") == 3  # by the line, while it is written
    return path.read_bytes().decode()


def test_the_columns_are_the_event_s_fields_and_the_times_come_last(table):
    header = "epoch,step,d_loss,g_loss,d_real,d_fake,real_accuracy,fake_accuracy"
    header += ",d_grad_norm,g_grad_norm,images_per_second,seconds"
    assert table.splitlines()[0] == header == ",".join(COLUMNS)


def test_lines_end_the_same_way_on_every_system(table):
    assert "\r" not in table
    assert table.count("\n") == 3


def test_a_float32_survives_the_table(table, tmp_path):
    (tmp_path / "metrics.csv").write_text(table)
    metrics = read_metrics(tmp_path / "metrics.csv")
    assert list(metrics) == list(COLUMNS)
    assert metrics["step"].tolist() == [1, 2]
    assert np.float32(metrics["d_loss"][0]) == np.float32(1) / np.float32(3)
    assert metrics["g_loss"][1] == -1e-20


def test_a_table_without_rows_has_empty_columns(table, tmp_path):
    (tmp_path / "metrics.csv").write_text(table.splitlines()[0] + "\n")
    metrics = read_metrics(tmp_path / "metrics.csv")
    assert all(column.shape == (0,) for column in metrics.values())


@pytest.mark.parametrize(
    "content", [None, b"", b"step,loss\n1,2\n", b"\xff\xfe", ",".join(COLUMNS).encode() + b"\n1,2\n", b"one\ntwo\n"]
)
def test_what_is_no_table_of_metrics_is_refused_by_name(tmp_path, content):
    if content is not None:
        (tmp_path / "metrics.csv").write_bytes(content)
    with pytest.raises(RunError, match=r"expected a table of metrics in .*metrics\.csv, got: "):
        read_metrics(tmp_path / "metrics.csv")


def test_a_word_among_the_numbers_is_refused(table, tmp_path):
    (tmp_path / "metrics.csv").write_text(table.replace("0.25", "often"))
    with pytest.raises(RunError, match="often"):
        read_metrics(tmp_path / "metrics.csv")


@pytest.mark.parametrize("value", ["x" * 200_000, '"' + "x" * 200_000, "1" * 3_000_000])
def test_a_value_or_a_line_without_an_end_is_refused(table, tmp_path, value):
    (tmp_path / "metrics.csv").write_text(table.replace("0.25", value, 1))
    with pytest.raises(RunError, match="expected a table of metrics in ") as caught:
        read_metrics(tmp_path / "metrics.csv")
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("step", ["nan", "inf", "1e999"])
def test_a_step_that_is_no_number_is_refused_and_a_loss_is_not(table, tmp_path, step):
    (tmp_path / "metrics.csv").write_text(table.replace("0.333333343", "nan"))
    assert np.isnan(read_metrics(tmp_path / "metrics.csv")["d_loss"]).all()
    (tmp_path / "metrics.csv").write_text(table.replace("1,2,", f"1,{step},"))
    with pytest.raises(RunError, match="a step that is no number"):
        read_metrics(tmp_path / "metrics.csv")


def test_a_line_with_other_columns_is_named(table, tmp_path):
    (tmp_path / "metrics.csv").write_text(table + "1,2,3\n")
    with pytest.raises(RunError, match="3 values for 12 columns in line 4"):
        read_metrics(tmp_path / "metrics.csv")


def test_a_table_takes_no_more_memory_than_its_text(tmp_path):
    (tmp_path / "gradients.csv").write_text("step,a,b\n" + "1,2,3.456789\n" * 20_000)
    tracemalloc.start()
    try:
        assert read_gradients(tmp_path / "gradients.csv")["b"].shape == (20_000,)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 6 * (tmp_path / "gradients.csv").stat().st_size
