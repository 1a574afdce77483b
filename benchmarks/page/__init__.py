"""All figures of the benchmarks' page in the documentation, from one run.

::

    python -m benchmarks page docs/benchmarks.md --peer-python peers/bin/python

===========  ==================================================
`markdown`   the tables
`command`    ``python -m benchmarks page``
===========  ==================================================
"""

from benchmarks.page.command import page

__all__ = ["page"]
