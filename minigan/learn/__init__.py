"""The course: nine lessons as notebooks, their exercises, and what the lessons draw and compare with.

The command ``minigan learn`` lists the lessons, copies them into a folder, and says which exercises pass.
"""

from minigan.learn.answers import Attempt, attempts
from minigan.learn.arrays import draw_arrays
from minigan.learn.comparison import compare
from minigan.learn.course import Lesson, copy_course, lessons
from minigan.learn.exercises import Exercise
from minigan.learn.graph import draw_graph
from minigan.learn.source import show_code

__all__ = [
    "Attempt",
    "Exercise",
    "Lesson",
    "attempts",
    "compare",
    "copy_course",
    "draw_arrays",
    "draw_graph",
    "lessons",
    "show_code",
]
