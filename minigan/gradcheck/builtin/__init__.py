"""The built-in cases of ``minigan gradcheck``: layers, losses, penalties and training steps; and a user's own file."""
