"""Formulas as plain text, for the files of the exercises."""

import re

__all__ = ["plain_text"]

#: Commands that are not their own name.
SIGNS = {
    "cdot": "*",
    "cdots": "...",
    "dots": "...",
    "ge": ">=",
    "langle": "<",
    "ldots": "...",
    "le": "<=",
    "leftarrow": "<-",
    "ne": "!=",
    "odot": "*",
    "partial": "d",
    "quad": "  ",
    "qquad": "    ",
    "rangle": ">",
    "times": "x",
    "to": "->",
    "top": "T",
}

#: Commands with arguments in braces, the innermost first: what they become.
ARGUMENTS = (
    (r"\\t?frac\{(\\?\w+)\}\{(\\?\w+)\}", r"\1 / \2"),
    (r"\\t?frac\{([^{}]*)\}\{(\\?\w+)\}", r"(\1) / \2"),
    (r"\\t?frac\{(\\?\w+)\}\{([^{}]*)\}", r"\1 / (\2)"),
    (r"\\t?frac\{([^{}]*)\}\{([^{}]*)\}", r"(\1) / (\2)"),
    (r"\\sqrt\{([^{}]*)\}", r"sqrt(\1)"),
    (r"\\(?:mathrm|operatorname|text|textstyle)\{([^{}]*)\}", r"\1"),
    (r"\\(hat|dot|bar)(?![a-z])(?:\{([^{}]*)\}|\s*(\\?\w))", r"\2\3_\1"),
    (r"\^\{([^{}]*)\}", r"^(\1)"),
    (r"_\{([^{}]*)\}", r"_\1"),
)


def plain_text(text: str) -> str:
    """The text with its formulas written as in a program.

    Examples
    --------
    >>> from minigan.learn.plain_text import plain_text
    >>> print(plain_text(r"Let $y = \\frac{1}{1 + e^{-x}}$, with $\\sigma \\odot \\hat{x}$."))
    Let y = 1 / (1 + e^(-x)), with sigma * x_hat.
    """
    parts = re.split(r"(\$\$.*?\$\$|\$[^$]+\$)", text, flags=re.DOTALL)
    return "".join(formula(part) if part.startswith("$") else part for part in parts)


def formula(tex: str) -> str:
    """One formula: a display on lines of its own, or a part of a line."""
    display = tex.startswith("$$")
    tex = re.sub(r"\\(?:begin|end)\{\w+\}|&|\\(?:left|right|[bB]igg?)(?![a-z])|\\!", "", tex.strip("$"))
    tex = re.sub(r"\\[,;: ]", " ", tex).replace(r"\\", "\n")
    before = ""
    while before != tex:
        before = tex
        for pattern, replacement in ARGUMENTS:
            tex = re.sub(pattern, replacement, tex)
    tex = re.sub(r"\\([a-zA-Z]+)", lambda command: SIGNS.get(command[1], command[1]), tex)
    tex = re.sub(r"\\([{}|])", r"\1", tex)
    if not display:
        return re.sub(r"(?<=\S)  +", " ", tex)
    return "\n".join(f"    {' '.join(line.split())}" for line in tex.splitlines() if line.strip())
