"""Other libraries' errors, told on one line."""

__all__ = ["one_line"]

#: Characters of somebody else's text in a message.
LENGTH = 500


def one_line(error: BaseException | str) -> str:
    """What `error` says, with every run of blanks and line ends as one blank; a mute error's type.

    What a damaged file made it say may be long, and may steer a terminal: it is cut, and what cannot be printed becomes
    a question mark.
    """
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    text = " ".join(text[: 8 * LENGTH].split()) or type(error).__name__
    text = "".join(character if character.isprintable() else "?" for character in text)
    return text if len(text) <= LENGTH else f"{text[:LENGTH]} ..."
