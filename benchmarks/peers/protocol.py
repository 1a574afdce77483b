"""The process of one competitor: ``python protocol.py MODULE JOB``.

It reads requests, one JSON object a line, and answers each with one. Whatever the competitor's libraries print
goes to stderr. It runs in any Python that has the competitor's package; minigan need not be installed there.

JOB is a JSON object: `problem` (the .npz file with weights, images and noise), `threads`, `cpus` (the processors to
run on), `variant` (which of the module's competitors), `dropout` (its rate). MODULE, a file beside this one, has

``make(problem, job) -> step``  and  ``step(real, noise) -> (d_loss, g_loss)``,

where a step is one of the discriminator and one of the generator, ended when both losses are Python's numbers.

====================================  ==========================================================================
request                               answer
====================================  ==========================================================================
``{"do": "run", "steps": 3}``         ``{"losses": [[d, g], ...], "seconds": [...], "cpu_seconds": 0.4}``
``{"do": "memory"}``                  ``{"peak_bytes": 123}``
``{"do": "make", "job": {...}}``      ``{}``, after the module has begun anew with these settings besides the job's
``{"do": "check", "steps": 2}``       ``{"losses": [[d, g], ...]}``, of steps on the problem's own batches
``{"do": "block", "steps": 50}``      ``{"losses": [[d, g]], "seconds": 0.4, "cpu_seconds": 0.4}`` of all together
``{"do": "stop"}``                    none; the process ends
====================================  ==========================================================================

`cpu_seconds` is the processor time that all these steps took together. The steps of a GPU are timed in blocks, which
end when the last losses are Python's numbers: nothing waits for it in between. What a module for GPUs makes has
``check(steps)`` and ``block(steps)`` for that, and is made by the first request to make it.
"""

import importlib
import json
import os
import sys
import time
from itertools import cycle

import numpy as np


def layers(problem, network):
    """The arrays of a network's layers, in their order: ``[{"kernel": array, "bias": array}, ...]``.

    The problem names them ``network.layer.parameter``.
    """
    found = {}
    for name in problem:
        owner, _, rest = name.partition(".")
        if owner == network:
            layer, parameter = rest.split(".")
            found.setdefault(layer, {})[parameter] = problem[name]
    return list(found.values())


def nchw_rows(kernel, shape):
    """The kernel of a Dense layer on flattened images (H, W, C), for images flattened as (C, H, W)."""
    return kernel.reshape(*shape, -1).transpose(2, 0, 1, 3).reshape(kernel.shape)


def batches(problem):
    """The problem's batches of real images and noise, over and over."""
    return cycle(zip(problem["real"], problem["noise"]))


def peak_bytes():
    """The most memory that this process has had at one time, or None where the system does not tell."""
    try:
        # Not ru_maxrss first: it is that of the process that started this one, where that is larger.
        with open("/proc/self/status") as status:
            lines = dict(line.split(":", 1) for line in status)
        return 1024 * int(lines["VmHWM"].split()[0])
    except (OSError, KeyError):
        pass
    try:
        import resource
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def run(step, source, count):
    """Take `count` steps: their losses, the seconds that each took, and the processor time of all."""
    losses, seconds, cpu = [], [], time.process_time()
    for _ in range(count):
        real, noise = next(source)
        start = time.perf_counter()
        losses.append(step(real, noise))
        seconds.append(time.perf_counter() - start)
    return {"losses": losses, "seconds": seconds, "cpu_seconds": time.process_time() - cpu}


def block(steps, count):
    """Take `count` steps at a stretch: the last losses, the seconds and the processor time of all."""
    start, cpu = time.perf_counter(), time.process_time()
    losses = steps.block(count)
    return {
        "losses": [losses],
        "seconds": time.perf_counter() - start,
        "cpu_seconds": time.process_time() - cpu,
    }


def made(module, job):
    """What the module makes of a job and its problem."""
    with np.load(job["problem"]) as file:
        problem = dict(file)
    return importlib.import_module(module).make(problem, job), problem


def serve(module, job, requests, answers):
    """Answer requests until there are no more."""
    step = source = None
    if not job.get("later"):
        step, problem = made(module, job)
        source = batches(problem)
    for line in requests:
        request = json.loads(line)
        match request["do"]:
            case "stop":
                return
            case "memory":
                answer = {"peak_bytes": peak_bytes()}
            case "make":
                step = None  # gives its memory back first
                step, _ = made(module, {**job, **request["job"]})
                answer = {}
            case "check":
                answer = {"losses": step.check(request["steps"])}
            case "block":
                answer = block(step, request["steps"])
            case _:
                answer = run(step, source, request["steps"])
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def main():
    """Take the place that the job gives, before any library looks for processors, and serve."""
    module, job = sys.argv[1], json.loads(sys.argv[2])
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, job["cpus"])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    serve(module, job, sys.stdin, answers)


if __name__ == "__main__":
    main()
