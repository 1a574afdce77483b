"""Checkpoints: the file format, the folder that keeps the last and the best, and the state of a trainer in one."""
