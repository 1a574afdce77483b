"""Times array functions, on the CPU and on the GPU: `minigan.benchmark`.

- `minigan.benchmarking.run`: the function `benchmark`;
- `minigan.benchmarking.contender`: one function on one backend: its calls, its samples, its errors;
- `minigan.benchmarking.work`: the arrays in arguments and results: moved, counted, compared;
- `minigan.benchmarking.result`: medians, quartiles and rates, as a table, a picture or JSON.
"""

from minigan.benchmarking.result import Benchmark, Timing
from minigan.benchmarking.run import benchmark

__all__ = ["Benchmark", "Timing", "benchmark"]
