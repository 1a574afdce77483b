"""The server of the lab: one session, shown to the pages of this machine."""

from minigan.lab.server.run import serve

__all__ = ["serve"]
