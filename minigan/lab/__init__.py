"""The lab: see a GAN learn, and look inside every layer, in a browser.

`Session` is a GAN in training that can be stepped, taken back and looked into, without any page. The server shows it to
a browser, and ``minigan lab`` starts both. To read the code, begin with the session:

================  =================================================================================================
session.py        what a person can do; every command and every view goes through it
setup.py          what is trained, as plain values; suited.py and build.py make a trainer of it, layer_specs.py layers
stepping.py       one step of D, one step of G
past.py           the way back: actions and snapshots; history.py has the numbers of all rounds
watching.py       a round of which every array is kept
views/            what can be looked at, a file for each group of views
starts/, tours/   trained weights to begin from, and the texts of the guided tours
wire.py           messages as bytes
server/           the pages that are connected, and the thread that trains
page/             the page itself: HTML, styles, and JavaScript modules that run as they are
================  =================================================================================================
"""

from minigan.lab.session import Session
from minigan.lab.setup import SetUp

__all__ = ["Session", "SetUp"]
