"""Fast twins of the reference kernels for NVIDIA GPUs.

Each file here launches the kernels of the ``.cu`` file of its name, which `minigan.kernels.cuda.compiler` compiles when
it is first needed.
"""
