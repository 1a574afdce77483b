"""A lesson of one exercise, and the course that has nothing else."""

import json
import sys

import pytest

from docs import notebooks
from minigan.learn import course

PAGE = """---
file_format: mystnb
kernelspec:
  name: python3
lesson:
  minutes: 20
  explains: [Dense]
---
# A short lesson

About {py:class}`~minigan.layers.Dense` and {term}`caches <cache>`: see [fused steps](../fusion.md#rules).

```{code-cell} python
:tags: [hide-input]

print(1 + 1)
```

:::{note}
A note
of two lines.
:::

```{literalinclude} ../../minigan/layers/dense.py
:pyobject: Dense.product
:dedent: 4
```

```python
x = 1  # shown, not run
```

## Exercises

(exercise-double)=
### Exercise: Twice the number
Write the gradient.

```{code-block} python
:class: blank

import minigan as mg


def double(x):
    return 2 * x, None


def double_backward(dy, cache):
    return ...  # here
```

```{code-block} python
:class: check

mg.gradcheck.check(double, (3,), backward=double_backward).assert_ok()
```

:::{dropdown} Hint
It is a constant.
:::

:::{dropdown} Solution
```python
import minigan as mg


def double(x):
    return 2 * x, None


def double_backward(dy, cache):
    return 2 * dy
```
Since y is 2 x.
:::
"""


@pytest.fixture
def short_lesson(monkeypatch) -> course.Lesson:
    """The course is this lesson alone."""
    text = json.dumps(notebooks.notebook(PAGE, notebooks.PAGES / "1-short.md"))
    lesson = course.read_lesson("1-short", text)
    for module in ("learn", "learn.course", "learn.answers"):
        monkeypatch.setattr(sys.modules[f"minigan.{module}"], "lessons", lambda: (lesson,))
    return lesson
