"""The process of one competitor: ``python protocol.py MODULE JOB``.

It reads requests, one JSON object per line, and answers each with one. All output of the competitor's libraries
goes to stderr. It runs in any Python that has the competitor's package; minigan need not be installed there.

JOB is a JSON object: `problem` (the .npz file with weights, images and noise), `threads`, `cpus` (the processors to
run on), `variant` (of the module), `dropout` (a factor on every rate). MODULE, a file in the folder of this one, has

``make(problem, job) -> step``  and  ``step(real, noise) -> (d_loss, g_loss)``,

where a step updates the discriminator and the generator, and ends when both losses are Python numbers. For a model with
a gradient penalty it gets the problem's `mix` too.

====================================  ==========================================================================
request                               answer
====================================  ==========================================================================
``{"do": "run", "steps": 3}``         ``{"losses": [[d, g], ...], "seconds": [...], "cpu_seconds": 0.4}``
``{"do": "memory"}``                  ``{"peak_bytes": 123}``
``{"do": "make", "job": {...}}``      ``{}``, after the networks are built again with these settings and the job's
``{"do": "check", "steps": 2}``       ``{"losses": [[d, g], ...]}``, of steps on the problem's own batches
``{"do": "block", "steps": 50}``      ``{"losses": [[d, g]], "seconds": 0.4, "cpu_seconds": 0.4}`` of all together
``{"do": "trace", "threads": 4}``     the answer of ``step.trace(4)``, for modules that have it
``{"do": "stop"}``                    none; the process ends
====================================  ==========================================================================

`cpu_seconds` is the processor time of all these steps. The steps on a GPU are timed in blocks, which end when the last
losses are Python numbers, without a wait in between. A module for GPUs makes an object with ``check(steps)`` and
``block(steps)``, at the first request to make it.
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
    """The problem's batches of real images, noise, and what a penalty mixes, repeated."""
    return cycle(zip(*(problem[name] for name in ("real", "noise", "mix") if name in problem)))


def peak_bytes():
    """The peak memory of this process, or None where the system does not report it."""
    try:
        # Not ru_maxrss first: it is at least that of the process that started this one.
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
    """Run `count` steps: their losses, the seconds of each, and the processor time of all."""
    losses, seconds, cpu = [], [], time.process_time()
    for _ in range(count):
        inputs = next(source)
        start = time.perf_counter()
        losses.append(step(*inputs))
        seconds.append(time.perf_counter() - start)
    return {"losses": losses, "seconds": seconds, "cpu_seconds": time.process_time() - cpu}


def block(steps, count):
    """Run `count` steps without a wait: the last losses, the seconds and the processor time of all."""
    start, cpu = time.perf_counter(), time.process_time()
    losses = steps.block(count)
    return {
        "losses": [losses],
        "seconds": time.perf_counter() - start,
        "cpu_seconds": time.process_time() - cpu,
    }


def made(module, job):
    """Make the module's step from a job and its problem."""
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
                step = None  # frees its memory first
                step, _ = made(module, {**job, **request["job"]})
                answer = {}
            case "check":
                answer = {"losses": step.check(request["steps"])}
            case "trace":
                answer = step.trace(request["threads"])
            case "block":
                answer = block(step, request["steps"])
            case _:
                answer = run(step, source, request["steps"])
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def main():
    """Move to the job's processors, before any library counts processors, and answer requests."""
    module, job = sys.argv[1], json.loads(sys.argv[2])
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, job["cpus"])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    serve(module, job, sys.stdin, answers)


if __name__ == "__main__":
    main()
