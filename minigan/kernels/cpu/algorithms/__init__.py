"""The algorithms behind affine maps and convolutions on a CPU; `choose` picks one by the shapes."""
