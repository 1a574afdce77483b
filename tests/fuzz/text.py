"""Damaged settings and tables."""

from .damage import INTEGERS, Luck, blindly, now_and_then, words

__all__ = ["table", "toml"]

VALUES = (
    *("1", "0", "-1", "0.5", "nan", "inf", "-inf", "1e999", "true", '""', "[]", "[1, 2]", "[[1]]", "{}", "{a = 1}"),
    *("1979-05-27", "9999-99-99", "07:32:00", "0xff", "0b2", "1__0", "+1", "'''\n'''", '"\\ud800"', '"\\u0000"'),
    *("", "[1,", '"4e-4 -> 0 over 10000"', '"1 until 5, 2"', '"1 -> 2 over 1e99"', '"1 -> nan over 5"', '"a -> b"'),
)


def value(rng: Luck) -> str:
    """Something in the place of a value."""
    match rng.randrange(6):
        case 0:
            return str(rng.choice(INTEGERS))
        case 1:
            return words(rng)
        case 2:
            return '"' + words(rng) + '"'
        case 3:
            return rng.choice(("0x" + "f" * 5000, "9" * 5000, "1" + "0" * 400, "[" * 2000 + "]" * 2000, "{a=" * 300))
        case _:
            return rng.choice(VALUES)


def toml(rng: Luck, settings: dict[str, str]) -> bytes:
    """A file of settings, some with other values, some twice, some under other names."""
    lines = []
    for name, usual in settings.items():
        if now_and_then(rng, 0.02):
            name = rng.choice((words(rng), '"' + words(rng) + '"', "a." * 400 + "a", "[[a]]\nb", f"[{name}]\n{name}"))
        lines.append(f"{name} = {value(rng) if now_and_then(rng, 0.06) else usual}")
    if now_and_then(rng, 0.1):
        lines.append(rng.choice((lines[0], "[", "[[a]]", "[a]\n[a]", "a.b = 1\na = 2", "=", "#\x00", words(rng))))
    return blindly(rng, encoded(rng, "\n".join(lines)), 0.2)


def table(rng: Luck, columns: tuple[str, ...], rows: int) -> bytes:
    """A table with words among the numbers, cells too many or too few, quotes that never end."""
    names = [words(rng) if now_and_then(rng, 0.005) else name for name in columns]
    lines = [",".join(names)]
    for _ in range(rows):
        cells = [cell(rng) for _ in columns]
        if now_and_then(rng, 0.03):
            cells = cells * rng.choice((0, 2)) + cells[1:]
        lines.append(",".join(cells))
    ending = rng.choice(("\r\n", "\r", "\n\n", "\x85")) if now_and_then(rng, 0.05) else "\n"
    return blindly(rng, encoded(rng, ending.join(lines) + ending), 0.2)


def cell(rng: Luck) -> str:
    """A number, or not."""
    if now_and_then(rng, 0.02):
        return rng.choice((value(rng), words(rng), '"' + "x" * 200_000, '""', '"1\n2"'))
    return f"{rng.random():.9g}"


def encoded(rng: Luck, text: str) -> bytes:
    """As UTF-8, or not."""
    code = rng.choice(("utf-16", "utf-32", "latin-1", "utf-8-sig")) if now_and_then(rng, 0.04) else "utf-8"
    return text.encode(code, "replace")
