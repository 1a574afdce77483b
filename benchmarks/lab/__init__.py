"""How quickly does the lab answer, and does its memory stay flat?

::

    python -m benchmarks lab

The lab runs in a process of its own, as a user starts it; this process is its page: it asks through the socket, and
takes every time from the request to the whole answer.

===========  ==================================================
`client`     a page without a browser
`measure`    the times and the memory
`command`    ``python -m benchmarks lab``
===========  ==================================================
"""

from benchmarks.lab.command import lab

__all__ = ["lab"]
