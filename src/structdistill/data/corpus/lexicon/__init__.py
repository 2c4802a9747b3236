"""Word lists of the generated corpus, the commonest first; `_` joins the words of a compound."""


def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()
