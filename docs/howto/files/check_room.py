"""Is this computer ready for the course, without a network? ``python check_room.py``."""

import sys
import tempfile
from importlib.util import find_spec
from time import perf_counter

import minigan as mg
from minigan.gradcheck import check
from minigan.layers import Conv2D
from minigan.learn import copy_course, lessons

print(f"Python {sys.version_info.major}.{sys.version_info.minor}, minigan {mg.__version__}")

check(Conv2D(2, 3), (2, 5, 5, 1)).assert_ok()
print("gradients: right")

with tempfile.TemporaryDirectory() as folder:
    files = copy_course(folder)
print(f"course: {len(lessons())} lessons, {len(files)} files")

data = mg.data.load("digits")
trainer = mg.Trainer(mg.models.build("dcgan28"), data, batch_size=16)
for _ in trainer.train(steps=2):  # the first steps make the caches
    pass
start = perf_counter()
for _ in trainer.train(steps=10):
    pass
seconds = (perf_counter() - start) / 10
print(f"training: {seconds:.2f} seconds a round")

print(f"notebooks: {'ready' if find_spec('jupyterlab') or find_spec('notebook') else 'no Jupyter, use the files'}")
print("This computer is ready.")
