"""What is computed once for an object, and freed with it."""

from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

__all__ = ["remembered"]

Value = TypeVar("Value")

#: By object and name: the key and the value. A data set that nobody has any more takes its values with it.
VALUES: WeakKeyDictionary[Any, dict[str, tuple[Any, Any]]] = WeakKeyDictionary()


def remembered(owner: Any, name: str, make: Callable[[], Value], key: Any = None) -> Value:
    """The value of this name that belongs to `owner`: made at the first call, and where the key is another than last.

    It must not refer to its owner, which would then never be freed.
    """
    values = VALUES.setdefault(owner, {})
    if name not in values or values[name][0] != key:
        values[name] = key, make()
    return values[name][1]
