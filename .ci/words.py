"""Refuse words that a reader with school English does not understand, or that say nothing: ``python .ci/words.py``.

It reads the comments, docstrings and messages of the package, the documentation, the README and CONTRIBUTING. Names in
code are not looked at: in Python files only comments and strings, in Markdown no code blocks and no spans of code.
"""

import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

#: A pattern for whole words, and what to write.
BANNED = {
    r"told|tells|telling": "reports, says, shows, distinguishes",
    r"untold": "pending",
    r"honestly": "plausibly",
    r"bent": "activated",
    r"in hand": "given, available",
    r"affairs?": "(name the thing)",
    r"l(?:ies|ie|ay) (?:there|here)": "is there",
    r"so many": "the argument's name",
    r"bears": "has",
    r"(?:is|are|was|were) had": "is available, comes from",
    r"anew": "again",
    r"goes? before (?:it|them|that|the others?)": "overrides",
    r"likelier": "more likely",
    r"noises": "noise vectors",
}
PATTERN = re.compile("|".join(rf"(?P<w{i}>\b(?:{word})\b)" for i, word in enumerate(BANNED)), re.IGNORECASE)

#: Words that are parts of files: the legend in pictures of recorded runs, a name in checkpoints of format 1.
KEPT = {("minigan/training/checkpoint/format_1.py", "told")}

#: The files to read.
READ = ("minigan/**/*.py", "minigan/**/*.cu*", "docs/**/*.md", "docs/**/*.py", "README.md", "CONTRIBUTING.md")

#: Written by programs, or the words of others.
SKIPPED = ("docs/_build/", "docs/api/generated/", "minigan/data/files/")


def places() -> Iterator[Path]:
    """The files to read."""
    for pattern in (
        "minigan/**/*.py",
        "minigan/**/*.cu*",
        "docs/**/*.md",
        "docs/**/*.py",
        "README.md",
        "CONTRIBUTING.md",
    ):
        for path in sorted(ROOT.glob(pattern)):
            if not path.relative_to(ROOT).as_posix().startswith(SKIPPED):
                yield path


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of prose in a file, with their numbers."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type in (tokenize.COMMENT, tokenize.STRING) or tokenize.tok_name[token.type] == "FSTRING_MIDDLE":
                for number, line in enumerate(token.string.splitlines(), token.start[0]):
                    yield number, without_code(line)
    elif path.suffix == ".md":
        fenced = False
        for number, line in enumerate(text.splitlines(), 1):
            if line.lstrip().startswith("```"):
                fenced = not fenced
            elif not fenced:
                yield number, without_code(line)
    else:
        for number, line in enumerate(text.splitlines(), 1):
            yield number, line.partition("//")[2]


def without_code(line: str) -> str:
    """The line without what stands in backticks."""
    return re.sub(r"`[^`]*`", "", line)


def main() -> int:
    """Print every place with such a word: exit status 1 if there is one."""
    found = 0
    for path in places():
        for number, line in prose(path):
            for match in PATTERN.finditer(line):
                name = path.relative_to(ROOT).as_posix()
                if match[0].isupper() or (name, match[0]) in KEPT:  # NOISES is the name of a constant
                    continue
                advice = list(BANNED.values())[int(match.lastgroup[1:])]
                print(f'{name}:{number}: "{match[0]}": write {advice}')
                found += 1
    if found:
        print(f"{found} places with words to replace")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
