"""How these pages are built: ``python -m sphinx -W -n --keep-going -b html docs docs/_build/html``."""

import re
import sys
from pathlib import Path

from docutils.nodes import Element, TextElement
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the package and the extensions of this checkout, wherever Sphinx is started

from minigan.cli.settings import in_order  # noqa: E402
from minigan.runs import TrainConfig  # noqa: E402
from minigan.version import __version__  # noqa: E402

project = "minigan"
author = "the minigan authors"
copyright = author
release = version = __version__

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "docs.extensions.head",
    "docs.extensions.kernel",
    "docs.extensions.lessons",
    "docs.extensions.mathml",
    "docs.extensions.pictures",
    "docs.extensions.player",
    "docs.extensions.reference",
    "docs.extensions.search_words",
    "docs.extensions.source_names",
]
exclude_patterns = ["_build", "README.md"]
templates_path = ["_templates"]
source_suffix = {".rst": "restructuredtext", ".md": "myst-nb"}  # autosummary writes files of the first suffix
default_role = "py:obj"


def settings(panel: str) -> str:
    """The table of the settings of one panel of the command line, made from the settings themselves."""
    rows = [f"| {panel} | Default | |", "| --- | --- | --- |"]
    for item in in_order(TrainConfig):
        facts, default = item.metadata, item.default
        if facts["panel"] == panel:
            flag = "--" + item.name.replace("_", "-")
            names = f"`{facts['flag']}`, `{item.name}`" if facts["flag"] else f"`{flag}`"
            shown = ",".join(map(str, default)) if isinstance(default, tuple) else default
            choices = ", ".join(f"`{choice}`" for choice in facts["choices"])
            text = f"{facts['help']} One of {choices}." if choices else facts["help"]
            text = re.sub(r"--[\w-]+|[A-Z]+_[A-Z]+", r"`\g<0>`", text)  # two dashes in prose become one long one
            rows.append(f"| {names} | {'' if default is None else f'`{shown}`'} | {text} |")
    return "\n".join(rows)


# Pages in Markdown: $formulas$, ::: around directives that hold text, {{ names }} of what is made here.
myst_enable_extensions = ["amsmath", "attrs_block", "attrs_inline", "colon_fence", "dollarmath", "substitution"]
myst_substitutions = {
    "settings_of_data": settings("Data"),
    "settings_of_networks": settings("Networks"),
    "settings_of_game": settings("Game"),
    "settings_of_training": settings("Training"),
    "settings_of_run": settings("Run"),
}
myst_heading_anchors = 3

# Lessons (docs/learn) are notebooks: each build runs them, in an empty folder, and ends at the first error. What a cell
# prints to stderr, such as a warning, is a warning of the build.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 300  # seconds for a cell, on a machine that does other things, too
nb_execution_in_temp = True
nb_execution_show_tb = True
nb_output_stderr = "remove-warn"
nb_merge_streams = True
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"
nb_ipywidgets_js = {}  # from another host, and for nothing that is used here

# Formulas are MathML, made by docs/extensions/mathml.py: no script, no network.
html_math_renderer = "mathml"

# The copy button takes code without prompts and without what it prints. An output has none.
copybutton_selector = ", ".join(
    f"div.highlight-{language} pre"
    for language in ("python", "ipython3", "ipython", "default", "pycon", "bash", "console", "toml")
)
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = True
copybutton_line_continuation_character = "\\"

# Pages from docstrings. A signature shows names and defaults: shapes and types are in the text below it, where a
# layer's page does not repeat what it inherits.
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_inherit_docstrings = False
autodoc_preserve_defaults = True
autosummary_generate = True
numpydoc_show_class_members = False

# Of the standard library, whose pages are not fetched.
nitpick_ignore = [("py:class", "collections.abc.Callable")]

html_theme = "furo"
html_title = f"minigan {release}"
html_static_path = ["_static"]
html_css_files = ["minigan.css"]
html_favicon = "_static/favicon.svg"
html_copy_source = False  # a lesson's source is its notebook
html_last_updated_fmt = None

# What readers search for, and the page that comes first. A page may also name words in its front matter: search: [...].
search_words = {
    "howto/own-layer": ["custom layer", "own layer", "write a layer", "new layer"],
    "howto/own-loss": ["custom loss", "own loss"],
    "howto/own-kernel": ["custom kernel", "own kernel", "benchmark my kernel"],
    "howto/own-pictures": ["own images", "own pictures", "custom data set", "folder of images"],
    "howto/pytest": ["gradient check in pytest", "pytest"],
    "learn/index": ["notebook", "notebooks", "jupyter", "course", "exercises"],
    "learn/1-dense": ["backprop", "backpropagation"],
    "learn/3-up-sampling": ["upsampling backward", "upsampling gradient"],
    "learn/4-batch-norm": [
        "batchnorm derivation",
        "batch norm derivation",
        "batchnorm backward",
        "batch norm backward",
    ],
    "learn/7-gan-step": ["gan step", "gan by hand"],
    "learn/8-failures": ["mode collapse", "collapse", "oscillation"],
    "learn/9-penalties": ["gradient penalty"],
    "start/troubleshooting": ["nan loss", "loss is nan", "faq", "error message", "troubleshooting"],
}


def resolve_name(app: Sphinx, env: BuildEnvironment, node: pending_xref, contnode: TextElement) -> Element | None:
    """Resolve a name in single backticks that is not a full name.

    If exactly one class or error has this name, it becomes a link. Otherwise it is an argument, an attribute or a name
    of another library, and stays code. A name that begins with ``minigan.`` must be found, or be a module without a
    page, which stays code too: otherwise Sphinx warns.
    """
    if node["refdomain"] != "py" or node["reftype"] != "obj":
        return None
    if node["reftarget"].startswith("minigan."):
        module = ROOT / node["reftarget"].replace(".", "/")
        return contnode if module.is_dir() or module.with_suffix(".py").exists() else None
    domain = env.domains["py"]
    objects = [
        (name, entry)
        for name, entry in domain.objects.items()
        if name.endswith("." + node["reftarget"]) and not entry.aliased and entry.objtype in ("class", "exception")
    ]
    if len(objects) != 1:
        return contnode
    name, entry = objects[0]
    return make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, contnode, name)


def setup(app: Sphinx) -> None:
    app.connect("missing-reference", resolve_name)
