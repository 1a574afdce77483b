"""Going on with a run's folder: its tables are cut back, and changed settings are refused by name."""

import errno
import os

import pytest

from minigan.errors import ConfigError, RunError
from minigan.runs.resume import check_settings, cut_tables, lines_of_tables, settings_of


@pytest.fixture
def tables(tmp_path):
    """Two tables, of three lines and of one."""
    (tmp_path / "metrics.csv").write_text("step,loss\n1,0.5\n2,0.4\n")
    (tmp_path / "notices.csv").write_text("step,text\n")
    return [tmp_path / "metrics.csv", tmp_path / "notices.csv"]


def test_tables_are_cut_back_to_the_checkpoint(tmp_path, tables):
    lines = lines_of_tables(tables)
    assert lines == {"metrics.csv": 3, "notices.csv": 1}
    before = [path.read_bytes() for path in tables]
    for path in tables:
        with path.open("a") as file:
            file.write('3,"a line,\nand a half')
    cut_tables(tmp_path, lines)
    assert [path.read_bytes() for path in tables] == before
    cut_tables(tmp_path, lines)
    assert [path.read_bytes() for path in tables] == before


def test_tables_are_durable_before_they_are_counted(tables, monkeypatch):
    calls = []
    monkeypatch.setattr("minigan.io.atomic_write.system.sync", calls.append, raising=False)
    lines_of_tables(tables)
    assert len(calls) == 2


def test_a_long_table_is_counted_in_pieces(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"123456,123456\n" * 200_000)
    assert lines_of_tables([path]) == {"a.csv": 200_000}


@pytest.mark.parametrize("content", [None, "step,loss\n1,0.5\n", "step,loss\n1,0.5\n2,0.4"])
def test_a_table_that_lost_lines_is_refused_and_none_is_cut(tmp_path, tables, content):
    lines = {"notices.csv": 0, **lines_of_tables(tables)}
    tables[0].unlink() if content is None else tables[0].write_text(content)
    tables[1].write_text("step,text\n5,more\n")
    message = "No such file" if content is None else "at least 3 lines, as at the checkpoint, got [12]"
    with pytest.raises(RunError, match=rf"expected a table .*{message}"):
        cut_tables(tmp_path, lines)
    assert tables[1].read_text() == "step,text\n5,more\n"


def test_a_table_that_cannot_be_cut_is_an_error(tmp_path, tables, monkeypatch):
    def truncate(path, length):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr("os.truncate", truncate)
    with pytest.raises(RunError, match=r"expected a table that can be written, got .*metrics\.csv: Permission denied"):
        cut_tables(tmp_path, {"metrics.csv": 2})


def test_the_same_settings_are_accepted(make_config):
    assert check_settings(settings_of(make_config()), make_config()) == []


def test_all_changed_settings_are_refused_with_both_values(make_config):
    saved = settings_of(make_config())
    changed = make_config(learning_rate=0.1, generator_filters=(8, 4), threads=2)
    with pytest.raises(ConfigError) as caught:
        check_settings(saved, changed, free=["threads"])
    assert str(caught.value) == (
        "settings differ from the checkpoint: "
        "--generator-filters: [4, 4] at the checkpoint, now [8, 4]; --lr: 0.0004 at the checkpoint, now 0.1; "
        "add --accept generator-filters,lr"
    )


def test_changed_settings_are_accepted_by_name_alone(make_config):
    saved, changed = settings_of(make_config()), make_config(learning_rate=0.1, seed=5)
    with pytest.raises(ConfigError, match=r"checkpoint: --seed: 0 at the .*, now 5; add --accept lr,seed$"):
        check_settings(saved, changed, accepted=["learning_rate"])
    for names in (["learning_rate", "seed"], ["lr", "--seed"]):
        accepted = check_settings(saved, changed, accepted=names)
        assert accepted == ["learning_rate: 0.0004 at the checkpoint, now 0.1", "seed: 0 at the checkpoint, now 5"]


def test_a_name_that_is_no_setting_is_refused(make_config):
    with pytest.raises(ConfigError, match=r"--accept: unknown setting 'learningrate': did you mean lr\?"):
        check_settings(settings_of(make_config()), make_config(), accepted=["learningrate"])


def test_a_setting_that_one_side_does_not_know_is_a_difference(make_config):
    saved = settings_of(make_config())
    del saved["seed"]
    with pytest.raises(ConfigError, match="seed: None at the checkpoint, now 0"):
        check_settings(saved, make_config())
    with pytest.raises(ConfigError, match="older: 1 at the checkpoint, now None"):
        check_settings({**settings_of(make_config()), "older": 1}, make_config())
