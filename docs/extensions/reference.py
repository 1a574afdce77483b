"""The pages that are made from docstrings: what is listed on them, and how their formulas look."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

#: The passes of a layer, and what each is. A layer that defines one without a docstring gets this one.
PASSES = {
    "forward": "The output for `x`, and the cache that `backward` needs: the class says what it computes.",
    "backward": "The gradient with respect to the input, dx; adds to the parameters' gradients if `param_grads`.",
    "tangent": "The derivative of the output along `x_dot`, and the cache that `tangent_backward` needs.",
    "tangent_backward": "The gradients of ``<dy, y> + <dy_dot, y_dot>`` with respect to x and x_dot.",
}

#: Parts of a layer's forward and backward that its class explains.
PARTS = {
    "product": "The product of the input with the weights.",
    "kernel_grad": "The gradient of the weights, dW.",
    "input_grad": "The gradient of the input, dx.",
    "second_derivative": "The second derivative, for the tangent pass.",
    "apply": "The linear map.",
}


def described(name: str) -> str | None:
    """The line for a method of a layer that has no docstring of its own."""
    module, _, method = name.rpartition(".")
    return (PASSES | PARTS).get(method) if module.startswith("minigan.layers.") else None


def skip_members(app: Sphinx, what: str, name: str, obj: Any, skip: bool, options: Any) -> bool | None:
    """What is listed of a class.

    Fields of named tuples are not, which would be "Alias for field number 0", nor aliases such as Pair, which numpydoc
    takes for functions. The passes of a layer are, where it defines them, also without a docstring.
    """
    if type(obj).__name__ in ("_tuplegetter", "GenericAlias"):
        return True
    layer = (getattr(obj, "__module__", None) or "").startswith("minigan.layers.")
    return False if skip and layer and name in PASSES | PARTS else None


def describe(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Give a pass without a docstring the line that says what it is."""
    if what == "method" and not any(lines) and (line := described(name)):
        lines[:] = [line]


class FormulaParagraphs(SphinxTransform):
    """Mark the paragraphs of docstrings that are one formula in code: they look like one, on a line of their own."""

    default_priority = 300

    def apply(self, **kwargs: Any) -> None:
        if not self.env.docname.startswith("api/"):
            return
        for paragraph in self.document.findall(nodes.paragraph):
            if isinstance(paragraph.parent, nodes.list_item):
                continue
            texts = [node.astext() for node in paragraph if isinstance(node, nodes.Text)]
            rest = "".join(texts).strip(" .,;\n")
            if paragraph.first_child_matching_class(nodes.literal) == 0 and rest in ("", "and", "or"):
                paragraph["classes"].append("formula")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_transform(FormulaParagraphs)
    app.connect("autodoc-skip-member", skip_members)
    app.connect("autodoc-process-docstring", describe, priority=100)  # before numpydoc
    return {"parallel_read_safe": True}
