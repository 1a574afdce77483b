"""Other libraries' errors, shortened to one line."""

__all__ = ["one_line"]

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
