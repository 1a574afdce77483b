"""Checks of behaviour that no derivative shows: purity, repetition, order, dtype, accumulation.

A backward can be right in the first call and wrong in later ones: because it changed its cache, drew its dropout mask
again, kept state on the layer, or replaced a gradient that it should have added to.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minigan.backend import Array, array_module, asnumpy
from minigan.errors import StaleCacheError
from minigan.gradcheck.report import BEHAVIOUR, FAIL, PASS, Row
from minigan.gradcheck.target import Arrays, ModelTarget, Target, copies, describe_error

__all__ = ["check_behaviour"]


def check_behaviour(target: Target, dy: Array) -> Iterator[Row]:
    """Run all checks; those of parameters are left out for a target without parameters."""
    checks: list[tuple[str, Callable[[Target, Array], str | None]]] = [
        ("output has the inferred shape", inferred_shape),
        ("arguments and cache unchanged", unchanged),
        ("repeatable", repeatable),
        ("gradients share no cache memory", no_aliasing),
        ("float32 stays float32", dtype_kept),
        ("float64 stays float64", precision_kept),
        ("two forwards, then two backwards", either_order),
        ("param_grads=False gives the same dx", frozen),
        ("gradients add up", accumulates),
        ("both hold for tangent_backward", tangent_backward_alike),
        ("update_stats=False keeps averages", averages_kept),
        ("a stale cache is refused", stale_refused),
    ]
    for quantity, check in checks:
        try:
            wrong = check(target, dy)
        except Exception as error:  # such as an array of another shape in the second call
            wrong = describe_error(error)
        if wrong is not None:
            yield Row(target.name, quantity, BEHAVIOUR, FAIL if wrong else PASS, detail=wrong)


def arrays_in(thing: Any, name: str = "cache") -> Iterator[tuple[str, Array]]:
    """All arrays inside a cache, with their places in it."""
    if hasattr(thing, "astype"):
        yield name, thing
    elif isinstance(thing, dict):
        for key, item in thing.items():
            yield from arrays_in(item, f"{name}[{key!r}]")
    elif isinstance(thing, tuple | list):
        fields = getattr(thing, "_fields", range(len(thing)))
        for key, item in zip(fields, thing):
            yield from arrays_in(item, f"{name}.{key}" if isinstance(key, str) else f"{name}[{key}]")


def same(a: Array, b: Array) -> bool:
    """Bit for bit, NaN equal to NaN."""
    return a.shape == b.shape and a.dtype == b.dtype and asnumpy(a).tobytes() == asnumpy(b).tobytes()


def differing(a: Arrays, b: Arrays) -> list[str]:
    """The names of the arrays that are not the same."""
    return [name for name in a if not same(a[name], b[name])]


def inferred_shape(target: Target, dy: Array) -> str | None:
    """The output has the shape that `build` returned, for which the next layer is built."""
    if not isinstance(target, ModelTarget):
        return None
    expected = (*target.point["x"].shape[:1], *target.model.output_shape)
    return "" if dy.shape == expected else f"expected an output of shape {expected}, got {dy.shape}"


def unchanged(target: Target, dy: Array) -> str:
    """Neither pass writes into its arguments or the cache."""
    values, upstream = copies(target.point), dy.copy()
    _, cache = target.forward(values)
    if changed := differing(target.point, values):
        return f"forward changed {', '.join(changed)}"
    before = {name: array.copy() for name, array in arrays_in(cache)}
    target.backward(values, upstream, cache)
    changed = differing({**target.point, "dy": dy}, {**values, "dy": upstream})
    changed += differing(before, dict(arrays_in(cache)))
    return f"backward changed {', '.join(changed)}" if changed else ""


def repeatable(target: Target, dy: Array) -> str:
    """The same call gives the same bits: a mask is drawn in the forward only."""
    first, cache = target.forward(target.point)
    second, _ = target.forward(target.point)
    if not same(first, second):
        return "two forwards from the same random stream differ"
    changed = differing(copies(target.backward(target.point, dy, cache)), target.backward(target.point, dy, cache))
    return f"a second backward with the same cache gives another gradient of {', '.join(changed)}" if changed else ""


def no_aliasing(target: Target, dy: Array) -> str:
    """No gradient shares memory with the cache: it would change when the cache is reused.

    A view of dy is allowed: reshaping and cropping copy nothing, and no code writes into dy.
    """
    _, cache = target.forward(target.point)
    gradients = target.backward(target.point, dy, cache)
    for name, gradient in gradients.items():
        for place, array in arrays_in(cache):
            if array_module(gradient).may_share_memory(gradient, array):
                return f"the gradient of {name} shares memory with {place}"
    return ""


def dtype_kept(target: Target, dy: Array) -> str:
    """float32 in, float32 out, on the same device: no array is promoted."""
    values = {name: array.astype(np.float32) for name, array in target.point.items()}
    y, cache = target.forward(values)
    found = {"y": y, **target.backward(values, dy.astype(np.float32), cache)}
    wrong = [f"{name} is {array.dtype}" for name, array in found.items() if array.dtype != np.float32]
    wrong += [f"{name} left the device" for name, a in found.items() if array_module(a) is not array_module(dy)]
    return ", ".join(wrong)


def precision_kept(target: Target, dy: Array) -> str:
    """float64 in, float64 out, without float32 in between: differences do not see an error in the seventh digit."""
    y, cache = target.forward(copies(target.point))
    gradients = target.backward(target.point, dy.copy(), cache)
    wrong = [f"{name} is {array.dtype}" for name, array in {"y": y, **gradients}.items() if array.dtype != np.float64]
    if not short(dy):  # the gradient for a dy of integers may be of integers
        sizes = {name: float(abs(array).max()) for name, array in gradients.items()}
        # A gradient that vanishes up to rounding has few digits too.
        vanished = 1e-9 * max(sizes.values())
        rough = [name for name, array in gradients.items() if sizes[name] > vanished and short(array)]
        wrong += [f"the gradient of {name} has only the digits of float32" for name in rough]
    return ", ".join(wrong)


def short(array: Array) -> bool:
    """Whether float32 represents every number exactly."""
    with np.errstate(over="ignore"):
        return bool((array == array.astype(np.float32)).all())


def either_order(target: Target, dy: Array) -> str:
    """A GAN runs D on two batches before either backward: their caches must be independent."""
    first, array = next(iter(target.point.items()))
    # Nearly the same numbers in reverse order: inside the forward's domain, and on other sides of its kinks.
    other = {**target.point, first: 0.99 * array.ravel()[::-1].reshape(array.shape) + 1e-3}
    runs = [(target.point, dy), (other, -2 * dy)]
    alone = [copies(target.backward(values, up, target.forward(values)[1])) for values, up in runs]
    for order in ((0, 1), (1, 0)):
        caches = [target.forward(values)[1] for values, _ in runs]
        together: list[Arrays] = [{}, {}]
        for place in order:
            values, up = runs[place]
            together[place] = copies(target.backward(values, up, caches[place]))
        for place in order:
            if changed := differing(alone[place], together[place]):
                return f"after two forwards, the gradient of {', '.join(changed)} differs"
    return ""


def frozen(target: Target, dy: Array) -> str | None:
    """dx does not depend on whether the gradients of the parameters are computed."""
    if not isinstance(target, ModelTarget):
        return None
    _, cache = target.forward(target.point)
    with_them = target.backward(target.point, dy, cache)["x"]
    without = target.backward(target.point, dy, cache, param_grads=False)
    if not same(with_them, without["x"]):
        return "dx differs"
    touched = [name for name, gradient in without.items() if name != "x" and gradient.any()]
    return f"the gradient of {', '.join(touched)} was touched" if touched else ""


def accumulates(target: Target, dy: Array) -> str | None:
    """A second backward adds to the gradients of the parameters, as D's step needs."""
    if not isinstance(target, ModelTarget) or not target.trainable:
        return None
    _, cache = target.forward(target.point)
    once = copies(target.backward(target.point, dy, cache))
    with target.holding(target.point):
        for _ in range(2):
            target.model.backward(dy, cache)
        wrong = [name for name, p in target.trainable.items() if not is_twice(p.grad, once[name])]
    return f"after two backwards the gradient of {', '.join(wrong)} is not their sum" if wrong else ""


def tangent_backward_alike(target: Target, dy: Array) -> str | None:
    """`tangent_backward` also adds to the parameters' gradients, and does not touch them with param_grads=False."""
    if not isinstance(target, ModelTarget) or not target.has_tangent:
        return None
    _, cache = target.forward(target.point)
    _, tangent_cache = target.tangent(target.point, target.point["x"], cache)
    once = copies(target.tangent_backward(target.point, dy, dy, cache, tangent_cache))
    without = target.tangent_backward(target.point, dy, dy, cache, tangent_cache, param_grads=False)
    if not same(once["x"], without["x"]) or not same(once["x_dot"], without["x_dot"]):
        return "dx or dx_dot differs with param_grads=False"
    if touched := [name for name in target.trainable if without[name].any()]:
        return f"the gradient of {', '.join(touched)} was touched with param_grads=False"
    with target.holding(target.point):
        for _ in range(2):
            target.model.tangent_backward(dy, dy, cache, tangent_cache)
        wrong = [name for name, p in target.trainable.items() if not is_twice(p.grad, once[name])]
    return f"after two of them the gradient of {', '.join(wrong)} is not their sum" if wrong else ""


def is_twice(a: Array, b: Array) -> bool:
    """Whether a is 2 b up to rounding."""
    return bool(abs(a - 2 * b).max() <= 1e-12 * abs(b).max())


def averages_kept(target: Target, dy: Array) -> str | None:
    """G's step runs D in training mode without updating its moving averages."""
    if not isinstance(target, ModelTarget) or len(target.trainable) == len(target.parameters):
        return None
    kept = {name: p for name, p in target.parameters.items() if not p.trainable}
    with target.holding(copies(target.point)) as x:
        before = {name: p.data.copy() for name, p in kept.items()}
        target.model.forward(x, target.context())
        changed = differing(before, {name: p.data for name, p in kept.items()})
    return f"forward updated {', '.join(changed)}" if changed else ""


def stale_refused(target: Target, dy: Array) -> str | None:
    """A cache made before an update belongs to the old weights."""
    if not isinstance(target, ModelTarget) or not target.trainable:
        return None
    _, cache = target.forward(target.point)
    for parameter in target.trainable.values():
        parameter.version += 1
    try:
        target.backward(target.point, dy, cache)
    except StaleCacheError:
        return ""
    finally:
        for parameter in target.trainable.values():
            parameter.version -= 1
    return "backward took a cache from before the last update"
