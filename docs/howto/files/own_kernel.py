"""My own kernel: the squared distances of all pairs of rows, written three times and timed on the CPU and on the GPU.

    python own_kernel.py

It needs minigan only. Without a GPU it times the CPU and says what a GPU needs. It writes own_kernel.png and
own_kernel.json into the present folder.
"""

import numpy as np

import minigan as mg
from minigan import kernels
from minigan.backend import array_module


def loops(a, b):
    """The formula, number by number: d[i, j] = sum over k of (a[i, k] - b[j, k])^2."""
    d = np.empty((len(a), len(b)), a.dtype)
    for i in range(len(a)):
        for j in range(len(b)):
            total = 0.0
            for k in range(a.shape[1]):
                total += (a[i, k] - b[j, k]) ** 2
            d[i, j] = total
    return d


def broadcast(a, b):
    """The same in one line of array operations: it runs on both backends."""
    return ((a[:, None] - b[None]) ** 2).sum(axis=2)


def product(a, b):
    """The same by one matrix product: |a - b|^2 = |a|^2 - 2 ab + |b|^2."""
    xp = array_module(a)  # numpy for arrays of NumPy, cupy for those of CuPy
    squares_a = xp.einsum("ik,ik->i", a, a)
    squares_b = xp.einsum("jk,jk->j", b, b)
    return squares_a[:, None] - 2 * (a @ b.T) + squares_b[None]


#: The kernel: `broadcast` says what it computes, and `product` computes it where there is nothing against it.
distances = kernels.Kernel(broadcast, cpu=product, cuda=product)


def operations(a, b):
    """A subtraction, a multiplication and an addition for each pair of rows and each of their numbers."""
    return 3 * len(a) * len(b) * a.shape[1]


def roofline(result, copy, multiply):
    """How much of what the machine can do each function reaches; a limit is the best of all samples."""
    peak_bytes, peak_flops = copy.bytes / min(copy.samples), multiply.flops / min(multiply.samples)
    print(f"a copy: {peak_bytes / 1e9:.1f} GB/s, a matrix product: {peak_flops / 1e9:.0f} GFLOP/s\n")
    print(f"{'function':12} {'operations a byte':>18} {'limit, GFLOP/s':>15} {'reached':>9}")
    for label, timing in zip(result.labels, result):
        intensity = timing.flops / timing.bytes
        limit = min(peak_flops, intensity * peak_bytes) / 1e9
        print(f"{label:12} {intensity:18.1f} {limit:15.2f} {timing.gflop_per_second / limit:9.1%}")


def main():
    rng = np.random.default_rng(0)

    print("1. Small arrays, on the CPU\n")
    a, b = (rng.standard_normal((size, 32), np.float32) for size in (60, 50))
    functions = {"loops": loops, "broadcast": broadcast, "product": product}
    small = mg.benchmark(functions, a, b, flops=operations, seconds=0.3)
    print(small)
    small.save("own_kernel.png")
    small.save("own_kernel.json")

    print("\n2. Large arrays, wherever it is possible\n")
    a, b = (rng.standard_normal((size, 64), np.float32) for size in (400, 300))
    functions = {"broadcast": broadcast, "product": product, "kernel": distances}
    large = mg.benchmark(functions, a, b, flops=operations, backends="all", seconds=0.3)
    print(large)

    print("\n3. What the CPU can do at most, and how much of it is reached\n")
    big, square = np.ones(1 << 22, np.float32), np.ones((384, 384), np.float32)
    (copy,) = mg.benchmark(np.copy, big, seconds=0.3)
    (multiply,) = mg.benchmark(np.matmul, square, square, flops=2 * 384**3, seconds=0.3)
    roofline(mg.benchmark(functions, a, b, flops=operations, seconds=0.3), copy, multiply)

    print("\nWrote own_kernel.png and own_kernel.json")


if __name__ == "__main__":
    main()
