"""Adverbs, predicative adjectives, times and numbers."""

from structdistill.data.corpus.lexicon import words

MANNER = words("""
quickly quietly slowly carefully suddenly happily angrily reluctantly finally secretly politely
loudly nervously calmly eagerly gently proudly sadly briefly bravely lazily badly easily secretively
cautiously cheerfully deliberately discreetly patiently impatiently
""")

FREQUENCY = words("often never always usually sometimes rarely still also")

SEQUENCE = words("also never later already soon once still eventually")

DISCOURSE = words("""
However Meanwhile Instead Moreover Unfortunately Still Therefore Nevertheless Apparently Perhaps
Eventually Surprisingly Fortunately Afterwards Then Nonetheless Reportedly Admittedly
""")

DEGREE = words("very too quite extremely rather so particularly slightly remarkably")

FEELINGS = {
    "proud": "of", "afraid": "of", "tired": "of", "jealous": "of", "fond": "of", "critical": "of",
    "angry": "about", "worried": "about", "happy": "about", "nervous": "about", "sorry": "about",
    "curious": "about", "enthusiastic": "about", "optimistic": "about", "serious": "about",
    "ready": "for", "responsible": "for", "grateful": "for", "famous": "for", "late": "for",
    "interested": "in", "good": "at", "bad": "at", "surprised": "at", "disappointed": "with",
    "content": "with", "familiar": "with", "opposed": "to", "accustomed": "to", "loyal": "to",
}  # fmt: skip
"""Predicative adjectives of people with the preposition that they take."""

CONDITIONS = {
    "company": "profitable bankrupt insolvent cautious optimistic silent competitive dominant",
    "team": "unbeaten unlucky brilliant hopeless invincible lucky ruthless bottom",
    "school": "expensive popular underfunded proud selective excellent",
    "agency": "cautious corrupt underfunded slow neutral powerful silent divided",
    "town": "beautiful crowded calm peaceful quiet snowbound remote expensive rainy overcrowded",
    "country": "beautiful peaceful poor rich independent neutral prosperous stable bankrupt",
    "building": "empty closed derelict full vacant crowded open haunted",
    "work": "brilliant dull moving tedious hilarious unforgettable long overrated",
    "event": "boring successful chaotic memorable exciting tiring peaceful overdue",
    "disaster": "terrible catastrophic inevitable sudden",
    "product": "expensive cheap noisy reliable heavy faulty popular obsolete",
    "vehicle": "fast slow noisy reliable rusty comfortable",
    "artefact": "broken heavy old worthless useless beautiful empty dirty",
    "clothing": "wet dirty warm fashionable torn",
    "food": "delicious cold salty tasteless raw",
    "document": "incomplete misleading long confidential accurate brief vague wrong",
    "idea": "unpopular necessary risky inevitable absurd sensible wrong pointless",
    "animal": "hungry tame dangerous thirsty asleep lost",
}

MONTHS = words("""
May March June April August July January September October December November February
""")

WEEKDAYS = words("Monday Sunday Saturday Friday Tuesday Wednesday Thursday")

PERIODS = words("week month year summer weekend spring autumn winter season")

DURATIONS = words("years months weeks days hours minutes")

OCCASIONS = words("morning evening afternoon day week")

SMALL_NUMBERS = words("two three four five six seven eight nine ten eleven twelve twenty thirty")

ORDINALS = words("first second third fourth fifth sixth seventh")

DIRECTIONS = words("north south east west north-east south-west")
