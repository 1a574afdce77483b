"""What ``import minigan`` brings with it."""

import importlib.resources
import subprocess
import sys

#: Needed by one feature each, and slow to import.
HEAVY = ("matplotlib", "PIL", "rich", "typer", "pooch", "tomlkit", "requests", "cupy", "scipy")


def run(code: str) -> str:
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    return process.stdout.strip()


def test_import_brings_nothing_that_only_some_features_need():
    code = f"import sys, minigan; print([name for name in {HEAVY} if name in sys.modules])"
    assert run(code) == "[]"


def test_training_and_the_embedded_digits_need_none_of_it_either():
    code = (
        "import sys, minigan as mg\n"
        "options = dict(generator_filters=(2, 2), discriminator_filters=(2, 2), latent_size=2)\n"
        "gan = mg.models.build('dcgan28', 0, **options)\n"
        "list(mg.Trainer(gan, mg.data.load('digits'), batch_size=2).train(steps=1))\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    assert run(code) == "[]"


def test_every_public_name_is_there():
    import minigan

    assert [name for name in minigan.__all__ if not hasattr(minigan, name)] == []


def test_the_package_is_marked_as_typed():
    assert (importlib.resources.files("minigan") / "py.typed").is_file()
