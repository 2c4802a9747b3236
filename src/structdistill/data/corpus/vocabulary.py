"""The words of names by list, and which of them do not tell what they name."""

from collections import Counter

from structdistill.data.corpus.lexicon import organisations, patterns, people, places, titles
from structdistill.data.corpus.lexicon.modifiers import MONTHS, WEEKDAYS
from structdistill.data.corpus.lexicon.nouns import ADJECTIVES, NOUNS
from structdistill.data.corpus.lexicon.verbs import FRAMES

WORDS = {
    "first": [name for pair in zip(people.FEMALE, people.MALE, strict=False) for name in pair],
    "last": people.SURNAMES,
    "title": list(people.TITLES),
    "initial": patterns.INITIALS,
    "company": organisations.COMPANIES,
    "suffix": organisations.SUFFIXES,
    "team": organisations.CLUBS,
    "club": organisations.CLUB_ENDINGS,
    "nickname": organisations.NICKNAMES,
    "school": organisations.SCHOOLS,
    "school-ending": organisations.SCHOOL_ENDINGS,
    "agency": organisations.AGENCIES,
    "body": organisations.BODIES,
    "portfolio": organisations.PORTFOLIOS,
    "paper": organisations.PAPERS,
    "town": places.CITIES,
    "compass": patterns.COMPASS,
    "country": places.COUNTRIES + places.REGIONS,
    "landmark": places.LANDMARKS,
    "water": places.WATERS,
    "work": titles.WORKS,
    "title-adjective": titles.WORK_ADJECTIVES,
    "title-noun": titles.WORK_NOUNS,
    "title-verb": titles.WORK_VERBS,
    "contest": titles.CONTESTS,
    "contest-ending": titles.EVENT_ENDINGS,
    "event": titles.EVENTS,
    "war": titles.WARS,
    "battle": titles.BATTLES,
    "storm": titles.STORMS,
    "product": titles.PRODUCTS,
    "vehicle": titles.VEHICLES,
    "maker": titles.MAKERS,
    "model": titles.MODELS,
    "program": titles.PROGRAMS,
}
"""The lists that the patterns of names draw from; `_` joins the words of a compound."""

INVENTED = {
    "new-last": (patterns.SURNAME_STEMS, patterns.SURNAME_ENDINGS),
    "new-town": (patterns.TOWN_STEMS, patterns.TOWN_ENDINGS),
    "new-firm": (patterns.FIRM_STEMS, patterns.FIRM_ENDINGS),
    "new-thing": (patterns.PRODUCT_STEMS, patterns.PRODUCT_ENDINGS),
}
"""Stems and endings of the words that nobody has heard of."""

_TYPES = {
    "first": "PER", "last": "PER", "company": "ORG", "school": "ORG", "agency": "ORG",
    "town": "LOC", "country": "LOC", "water": "LOC", "work": "WORK", "contest": "EVENT",
    "product": "PRODUCT", "program": "PRODUCT", "vehicle": "PRODUCT",
}  # fmt: skip
"""Lists whose words stand alone. Not teams: any town has one, and is a town all the same."""


def _ambiguous() -> frozenset[str]:
    typed = {(entity, word) for words, entity in _TYPES.items() for word in WORDS[words]}
    count = Counter(word for _, word in typed)
    common = f"{' '.join([*NOUNS.values(), *ADJECTIVES.values()])} {FRAMES}".split()
    count.update({word.capitalize() for word in [*common, *MONTHS, *WEEKDAYS]} & set(count))
    return frozenset(word for word, meanings in count.items() if meanings > 1)


AMBIGUOUS = _ambiguous()
"""Names that are of several types, or common words: the sentence must explain them."""

TELLING = {words: [w for w in WORDS[words] if w not in AMBIGUOUS] for words in _TYPES}
DECEPTIVE = {words: [w for w in WORDS[words] if w in AMBIGUOUS] for words in _TYPES}
