"""Inflection of English verbs and nouns."""

from itertools import pairwise

from structdistill.data.corpus.lexicon.nouns import IRREGULAR_PLURALS
from structdistill.data.corpus.lexicon.verbs import DOUBLED, IRREGULAR_VERBS

_VOWELS = frozenset("aeiou")
_IRREGULAR = {base: (past, participle) for base, past, participle in IRREGULAR_VERBS}
_BE = {"VBD": "was", "VBN": "been", "VBG": "being", "VB": "be", "VBZ": "is", "VBP": "are"}


def inflect(verb: str, tag: str, *, pronoun: str) -> str:
    """The form of a verb for a Penn tag; `be` also looks at the subject's pronoun."""
    if verb == "be":
        if tag == "VBD" and pronoun in ("they", "we", "you"):
            return "were"
        return "am" if tag == "VBP" and pronoun == "I" else _BE[tag]
    if tag == "VBZ":
        return "has" if verb == "have" else _with_s(verb)
    if tag == "VBG":
        return _gerund(verb)
    if tag in ("VBD", "VBN"):
        forms = _IRREGULAR.get(verb)
        return forms[tag == "VBN"] if forms else _regular_past(verb)
    return verb


def plural(noun: str) -> str:
    """The plural of a noun."""
    return IRREGULAR_PLURALS.get(noun) or _with_s(noun)


def indefinite(word: str) -> str:
    """`a` or `an`, as the next word sounds."""
    word = word.lower()
    vowel = word[0] in "aeiou8" or word.startswith(("hour", "honest", "heir", "xbox", "11", "18"))
    return "an" if vowel and not word.startswith(("uni", "use", "eur", "one", "ut")) else "a"


def _with_s(word: str) -> str:
    if word.endswith(("s", "x", "z", "ch", "sh")) or word in ("go", "do"):
        return word + "es"
    if word.endswith("y") and word[-2] not in _VOWELS:
        return word[:-1] + "ies"
    return word + "s"


def _gerund(verb: str) -> str:
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith("ee"):
        return verb[:-1] + "ing"
    return _doubled(verb) + "ing"


def _regular_past(verb: str) -> str:
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in _VOWELS:
        return verb[:-1] + "ied"
    return _doubled(verb) + "ed"


def _doubled(verb: str) -> str:
    """The verb with its last consonant doubled if it is short and stressed (`plan`, `admit`)."""
    syllables = sum(a in _VOWELS and b not in _VOWELS for a, b in pairwise(verb))
    short = (
        len(verb) > 2
        and verb[-1] not in "aeiouwxy"
        and verb[-2] in _VOWELS
        and verb[-3] not in _VOWELS
    )
    return verb + verb[-1] if short and (syllables == 1 or verb in DOUBLED) else verb
