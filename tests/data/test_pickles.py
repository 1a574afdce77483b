"""Pickles as Python 2 wrote them: data are read, and nothing is ever called."""

import os
import pickle
import pickletools
import struct
import time
from contextlib import suppress

import numpy as np
import pytest

from minigan.data import pickles
from minigan.errors import DataError


def array_pickle(shape: bytes = b"K\x02K\x03\x86", content: bytes = b"abcdef", order: bytes = b"\x89") -> bytes:
    """The array of a CIFAR-10 batch as its file holds it, but for its size; memo and all."""
    return (
        b"cnumpy.core.multiarray\n_reconstruct\nq\x07cnumpy\nndarray\nq\x08K\x00\x85U\x01b\x87Rq\t(K\x01"
        + shape
        + b"cnumpy\ndtype\nq\nU\x02u1K\x00K\x01\x87Rq\x0b(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        + order
        + (b"T" + struct.pack("<I", len(content)) + content + b"tb")
    )


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"\x80\x02K\x07.", 7),
        (b"\x80\x02M\x10'.", 10_000),
        (b"\x80\x02J\xfe\xff\xff\xff.", -2),
        (b"U\x03abc.", b"abc"),
        (b"T\x02\x00\x00\x00\xff\x00.", b"\xff\x00"),
        (b"N.", None),
        (b"\x88.", True),
        (b"\x89.", False),
        (b"].", []),
        (b"](K\x01K\x02e.", [1, 2]),
        (b"]K\x01a.", [1]),
        (b"}.", {}),
        (b"}(U\x01aK\x01U\x01bK\x02u.", {b"a": 1, b"b": 2}),
        (b"}U\x01aK\x01s.", {b"a": 1}),
        (b").", ()),
        (b"K\x01\x85.", (1,)),
        (b"K\x01K\x02\x86.", (1, 2)),
        (b"K\x01K\x02K\x03\x87.", (1, 2, 3)),
        (b"(K\x01K\x02K\x03K\x04t.", (1, 2, 3, 4)),
        (b"U\x01xq\x00h\x00\x86.", (b"x", b"x")),
        (b"U\x01xr\x00\x00\x01\x00j\x00\x00\x01\x00\x86.", (b"x", b"x")),
    ],
)
def test_data_are_read_as_python_reads_them(content, value):
    assert pickles.loads(content, "it") == value
    assert pickle.loads(content, encoding="bytes") == value


def test_an_array_of_bytes_is_read_as_numpy_reads_it():
    content = b"\x80\x02" + array_pickle() + b"."
    array = pickles.loads(content, "it")
    assert array.dtype == np.uint8
    assert array.tolist() == [list(b"abc"), list(b"def")]
    np.testing.assert_array_equal(array, pickle.loads(content, encoding="bytes"))


def test_an_array_in_columns_is_read_as_numpy_reads_it():
    content = b"\x80\x02" + array_pickle(order=b"\x88") + b"."
    np.testing.assert_array_equal(pickles.loads(content, "it"), pickle.loads(content, encoding="bytes"))


def test_numpy_2_s_name_of_the_function_is_known():
    content = array_pickle().replace(b"numpy.core.", b"numpy._core.")
    assert pickles.loads(content + b".", "it").shape == (2, 3)


def test_code_in_a_pickle_is_never_run(tmp_path, refuses):
    class Hostile:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path / 'run'}",)

    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with refuses("it: refused: the pickle"):
            pickles.loads(pickle.dumps({b"data": Hostile()}, protocol), "it")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "name",
    [
        "os system",
        "posix system",
        "builtins eval",
        "__builtin__ eval",
        "numpy load",
        "numpy fromfile",
        "numpy.core.multiarray scalar",
        "numpy.f2py.crackfortran getlincoef",
        "numpy ndarray.tofile",
        "copy_reg _reconstructor",
        "_codecs encode",
    ],
)
def test_any_other_name_is_refused(name, refuses):
    content = f"c{name.replace(' ', chr(10))}\n.".encode()
    with refuses(f"it: refused: the pickle asks for {name.replace(' ', '.')!r}"):
        pickles.loads(content, "it")


@pytest.mark.parametrize(
    "instruction",
    [
        b"(U\x01aios\nsystem\n",  # INST: makes an object
        b"(cnumpy\nndarray\no",  # OBJ
        b"cnumpy\nndarray\n)\x81",  # NEWOBJ
        b"\x82\x01",  # EXT1
        b"P1\n",  # PERSID
        b"I" + b"9" * 100 + b"\n",  # INT: digits take long to read
        b"\x8a\x01\x01",  # LONG1
        b"2",  # DUP
        b"\x8c\x02os\x8c\x06system\x93",  # STACK_GLOBAL
    ],
    ids=["INST", "OBJ", "NEWOBJ", "EXT1", "PERSID", "INT", "LONG1", "DUP", "STACK_GLOBAL"],
)
def test_instructions_that_data_do_not_need_are_refused(instruction, refuses):
    with refuses("it: refused: the pickle has the instruction"):
        pickles.loads(b"\x80\x02K\x01" + instruction + b".", "it")


@pytest.mark.parametrize(
    "content",
    [
        b"cnumpy\nndarray\nM\xff\xff\x85R.",  # ndarray(65535)
        b"cnumpy\ndtype\nU\x01O\x85R.",  # dtype('O')
        b"cnumpy\ndtype\nU\x02f8K\x00K\x01\x87R.",
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\ndtype\nK\x00\x85U\x01b\x87R.",
        b"cnumpy.core.multiarray\n_reconstruct\nK\x01R.",
        b"U\x05printK\x01\x85R.",  # a call of what is data
        b"K\x01}b.",  # a state for what is data
        b"cnumpy\nndarray\n}U\x01aK\x01sb.",  # a state for a type
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87RK\x01b.",
        array_pickle().replace(b"U\x02u1", b"U\x02O8") + b".",
        array_pickle(shape=b"]").replace(b"T\x06\x00", b"T\x06\x00") + b".",
        array_pickle(shape=b"(K\x01K\x01K\x01K\x02K\x03t") + b".",
    ],
)
def test_calls_for_anything_but_an_array_of_bytes_are_refused(content, refuses):
    with refuses("it: refused: the pickle asks for something else than an array of bytes"):
        pickles.loads(content, "it")


@pytest.mark.parametrize("shape", [b"K\x02K\x04\x86", b"K\x02K\x02\x86", b"J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86"])
def test_an_array_s_size_must_be_that_of_its_content(shape, refuses):
    with refuses("it: a damaged pickle: expected", "got 6"):
        pickles.loads(array_pickle(shape=shape) + b".", "it")


@pytest.mark.parametrize("shape", [b"J\xff\xff\xff\xffJ\xfa\xff\xff\xff\x86", b"U\x012K\x03\x86", b"\x88K\x06\x86"])
def test_an_array_s_sizes_must_be_whole_numbers(shape, refuses):
    with refuses("it: a damaged pickle: an array's sizes are no whole numbers"):
        pickles.loads(array_pickle(shape=shape) + b".", "it")


def test_a_pickle_cut_short_anywhere_is_refused(refuses):
    whole = b"\x80\x02}(U\x04data" + array_pickle() + b"U\x06labels](K\x01K\x02eu."
    assert set(pickles.loads(whole, "it")) == {b"data", b"labels"}
    for length in range(len(whole)):
        with refuses("it: "):
            pickles.loads(whole[:length], "it")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00",
        b"no pickle at all",
        b".",  # nothing on the stack
        b"K\x01K\x02.",  # two things
        b"h\x05.",  # what was never put down
        b"e.",
        b"t.",
        b"K\x01K\x02a.",  # a number as a list
        b"}K\x01a.",
        b"](K\x01K\x02u.",
        b"}(K\x01u.",  # a key without a value
        b"}]K\x01s.",  # a list as a key
        b"U\x7fabc.",  # longer than the file
        b"T\xff\xff\xff\x7fabc.",
    ],
)
def test_what_is_no_pickle_is_refused(content, refuses):
    with refuses("it: "):
        pickles.loads(content, "it")


def test_any_damaged_byte_is_survived():
    """Whatever one byte becomes, there is data or a DataError."""
    whole = b"\x80\x02}(U\x04data" + array_pickle() + b"U\x06labels](K\x01K\x02eu."
    for place in range(len(whole)):
        for byte in (0, 0x28, 0x2E, 0x52, 0x62, 0x63, 0x75, 0x80, 0xFF):
            with suppress(DataError):
                pickles.loads(whole[:place] + bytes([byte]) + whole[place + 1 :], "it")


def test_a_small_pickle_cannot_take_much_memory_or_time(refuses):
    begun = time.monotonic()
    assert pickles.loads(b"K\x01r\xff\xff\xff\xff.", "it") == 1  # Python's own machine makes a table of 2**32 places
    with refuses("a damaged pickle"):
        pickles.loads(b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.", "it")
    with refuses("a damaged pickle"):
        pickles.loads(b"(t" * 90_000 + b"t.", "it")  # no mark, above 90,000 things
    assert time.monotonic() - begun < 5


def test_more_instructions_than_any_batch_has_are_refused(monkeypatch, refuses):
    monkeypatch.setattr(pickles, "LIMIT", 100)
    content = b"](" + b"K\x01" * 97 + b"e."
    assert len(list(pickletools.genops(content))) == 101
    assert pickles.loads(content, "it") == [1] * 97
    with refuses("it: refused: the pickle has more than 100 instructions"):
        pickles.loads(content[:-2] + b"K\x01e.", "it")


def test_a_very_deep_tuple_is_read_but_is_no_key(refuses):
    deep = b"(" * 90_000 + b"t" * 90_000
    assert type(pickles.loads(deep + b".", "it")) is tuple
    with refuses("it: refused: the pickle has a key that is no byte string"):
        pickles.loads(b"}" + deep + b"K\x01s.", "it")


def test_data_that_hold_themselves_do_no_harm():
    value = pickles.loads(b"]q\x00h\x00a.", "it")
    assert value[0] is value
