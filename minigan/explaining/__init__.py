"""The sum that makes one entry of a layer's output or gradient: `minigan.explain`.

- `minigan.explaining.entry`: the function `explain` and its checks;
- `minigan.explaining.explanation`: what it returns: terms, their factors, their total;
- `minigan.explaining.explainer`: what the explainers of all layers share; one file a family of layers has them.
"""

from minigan.explaining import (  # noqa: F401 (each registers its explainers)
    affine,
    convolution,
    elementwise,
    gates,
    labels,
    maxout,
    minibatch_std_dev,
    normalization,
    one_row,
    pooling,
    randomness,
    rectifiers,
    reshaping,
    resizing,
    softmax,
)
from minigan.explaining.entry import explain, quantities
from minigan.explaining.explainer import Explainer, computed, constant, product
from minigan.explaining.explanation import Explanation, Factor, Term
from minigan.explaining.given import Given
from minigan.explaining.registry import explains

__all__ = [
    "Explainer",
    "Explanation",
    "Factor",
    "Given",
    "Term",
    "computed",
    "constant",
    "explain",
    "explains",
    "product",
    "quantities",
]
