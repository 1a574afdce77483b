"""``python -m minigan.edits``: record the files of ``layers/`` and ``kernels/reference/`` as they are now."""

from minigan.edits import record

names = record()
print(f"recorded: {', '.join(names)}" if names else "nothing had changed")
