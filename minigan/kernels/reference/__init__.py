"""The definition of every operation: plain array code for either backend, as short as it can be."""
