"""Files: writing them whole, reading them safely; and what terminals and notebooks show.

- `minigan.io.atomic_write` writes files that are complete or absent, whatever happens meanwhile;
- `minigan.io.targets` says what may be replaced, and what is written to or refused;
- `minigan.io.safe_read` opens regular files only, and limits their size;
- `minigan.io.npz` reads NumPy's files without pickle, and no larger than the file itself can hold;
- `minigan.io.messages` shortens other libraries' errors to one line;
- `minigan.io.streams` keeps output that fails from ending a program;
- `minigan.io.html` writes the tables and images that notebooks show.
"""
