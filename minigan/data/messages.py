"""Other libraries' errors, told on one line."""

__all__ = ["one_line"]


def one_line(error: BaseException) -> str:
    """What `error` says, with every run of blanks and line ends as one blank; a mute error's type."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split()) or type(error).__name__
