"""The lab: see a GAN learn, and look inside every layer, in a browser.

`Session` is a GAN in training that can be stepped, taken back and looked into, without any page. The server shows it to
a browser, and ``minigan lab`` starts both.
"""

from minigan.lab.session import Session
from minigan.lab.setup import SetUp

__all__ = ["Session", "SetUp"]
