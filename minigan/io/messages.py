"""Parts of messages: lists of names, and errors of other libraries, shortened to one line."""

from collections.abc import Collection

__all__ = ["listed", "one_line"]

#: Maximum length of another library's text in a message.
LENGTH = 500


def one_line(error: BaseException | str) -> str:
    """The text of `error` on one line; its type if it has no text.

    A damaged file can make the text long, and put characters in it that control a terminal: it is cut, and characters
    that cannot be printed become question marks.
    """
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    text = " ".join(text[: 8 * LENGTH].split()) or type(error).__name__
    text = "".join(character if character.isprintable() else "?" for character in text)
    return text if len(text) <= LENGTH else f"{text[:LENGTH]} ..."


def listed(names: Collection[str], most: int = 5) -> str:
    """The first of the names, sorted, and how many more there are."""
    first = ", ".join(sorted(names)[:most]) or "none"
    return first if len(names) <= most else f"{first} and {len(names) - most} more"
