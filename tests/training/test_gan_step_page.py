"""docs/learn/7-gan-step.md shows the functions that run, and explains lines in them; these read from top to bottom."""

import ast
import inspect
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from minigan.training import discriminator_step, generate, generator_step, steps

PAGE = Path(__file__).parents[2] / "docs" / "learn" / "7-gan-step.md"

#: The sections that go through a function, line by line, and their functions.
SECTIONS = {
    "The images": generate,
    "The discriminator's step": discriminator_step,
    "The generator's step": generator_step,
}

#: All that the steps call, in order. What is not here would hide a line of the mathematics.
CALLS = {
    discriminator_step: [
        "options.seen(real)",
        "options.seen(fake)",
        "Context(training=True, rng=rng, labels=classes)",
        "forward_both(discriminator, batches, contexts)",
        "loss.real(real_logits)",
        "loss.fake(fake_logits)",
        "check_finite(real_loss + fake_loss, 'discriminator')",
        "discriminator.zero_grads()",
        "backward_both(discriminator, (dz_real, dz_fake), (real_caches, fake_caches))",
        "options.penalty(discriminator, real, fake, rng, *labels)",
        "check_finite(options.penalty(discriminator, real, fake, rng, *labels), 'discriminator')",
        "optimizer.step(gan.discriminator)",
        "options.d_constraint(gan.discriminator)",
        "DiscriminatorResult(total, real_logits, fake_logits)",
    ],
    generator_step: [
        "Context(training=True, rng=rng, update_stats=False, labels=labels)",
        "options.seen(fake)",
        "discriminator.forward(options.seen(fake), ctx)",
        "loss.generator(logits)",
        "check_finite(value, 'generator')",
        "discriminator.backward(dz, d_caches, param_grads=False)",
        "gan.generator.zero_grads()",
        "gan.generator.backward(dfake, caches, input_grad=False)",
        "optimizer.step(gan.generator)",
        "options.g_constraint(gan.generator)",
        "GeneratorResult(value, logits)",
    ],
}


def section(title: str) -> str:
    """The text under a heading of the page."""
    _, _, rest = PAGE.read_text(encoding="utf-8").partition(f"\n## {title}\n")
    return rest.partition("\n## ")[0]


def code_spans(text: str) -> list[str]:
    """All inline code of the prose; what stands in a role such as ``{py:mod}`` is a link."""
    blocks, roles = r"^```.*?^```$", r"\{[\w:]+\}`[^`]+`"
    prose = re.sub(roles, "", re.sub(blocks, "", text, flags=re.DOTALL | re.MULTILINE))
    return re.findall(r"`([^`]+)`", prose)


def code_of(function: Callable) -> str:
    """The source of a function without its docstring."""
    return re.sub(r'""".*?"""', "", inspect.getsource(function), flags=re.DOTALL)


def occurs(span: str, source: str) -> bool:
    """Whether the code is in the source, in whatever lines; ``...`` stands for anything."""
    pattern = ".*".join(re.escape(re.sub(r"\s+", "", part)) for part in span.split("..."))
    return re.search(pattern, re.sub(r"\s+", "", source)) is not None


@pytest.mark.parametrize("title", SECTIONS)
def test_a_section_shows_its_function(title):
    shown = re.findall(r"```\{literalinclude\} (\S+)\n:pyobject: (\w+)\n```", section(title))
    assert shown == [("../../minigan/training/steps.py", SECTIONS[title].__name__)]


@pytest.mark.parametrize("title", SECTIONS)
def test_every_code_span_that_is_explained_is_in_the_function(title):
    spans = code_spans(section(title))
    assert spans
    assert [span for span in spans if not occurs(span, code_of(SECTIONS[title]))] == []


@pytest.mark.parametrize("step", CALLS)
def test_the_mathematics_of_a_step_is_in_one_function(step):
    (function,) = ast.parse(inspect.getsource(step)).body
    assert isinstance(function, ast.FunctionDef)
    body = function.body[1:]  # without the docstring
    assert body[-1].end_lineno - body[0].lineno < 30
    calls = [node for statement in body for node in ast.walk(statement) if isinstance(node, ast.Call)]
    calls.sort(key=lambda node: (node.end_lineno, node.end_col_offset))
    assert [ast.unparse(node) for node in calls] == CALLS[step]


def test_the_steps_are_one_page():
    assert len(inspect.getsource(steps).splitlines()) < 200


@pytest.mark.parametrize("span", ["update(gan.discriminator)", "optimizer.step(discriminator)", "judge"])
def test_code_that_is_not_in_a_function_is_noticed(span):
    assert not occurs(span, code_of(discriminator_step))
