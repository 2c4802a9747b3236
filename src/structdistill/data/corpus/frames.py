"""The frames of clauses, by what can be their subject and their object."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from structdistill.data.corpus.dice import Dice
from structdistill.data.corpus.lexicon.verbs import FRAMES
from structdistill.data.corpus.slots import CLAUSES, Slot


@dataclass(frozen=True, slots=True)
class Frame:
    """Verbs that take the same subject and complements.

    Args:
        subject: what the subject may be.
        verbs: the verbs, the commonest first; `_` joins a particle.
        complements: in order.
        unplanned: whether nobody intends it, so that it is mostly told in the past.
    """

    subject: Slot
    verbs: tuple[str, ...]
    complements: tuple[Slot, ...]
    unplanned: bool

    @property
    def object(self) -> Slot | None:
        """The direct object, if it can be asked for or become the subject of a passive."""
        movable = bool(self.complements) and self.complements[0].movable
        return self.complements[0] if movable else None

    def reveals(self, *, of_object: bool) -> bool:
        """Whether it tells what a name names that is its object, or else its subject."""
        slot = self.object if of_object else self.subject
        return slot is not None and slot.revealing

    @property
    def reports(self) -> bool:
        """Whether it takes a complement clause straight after the verb."""
        return bool(self.complements) and self.complements[0].kinds == ("that",)

    @property
    def clausal(self) -> bool:
        """Whether a complement is a clause."""
        return any(CLAUSES & {*slot.kinds} for slot in self.complements)


def _frames() -> list[Frame]:
    frames = []
    for line in FRAMES.strip().splitlines():
        subject, verbs, complements = (field.strip() for field in line.split("|"))
        _, past, verbs = verbs.rpartition("past:")
        slots = tuple(Slot.parse(slot) for slot in complements.split())
        frames.append(Frame(Slot.parse(subject), tuple(verbs.split()), slots, bool(past)))
    return frames


def _by_kind(slots: Sequence[tuple[Slot | None, Frame]]) -> Mapping[str, Sequence[Frame]]:
    found: dict[str, list[Frame]] = defaultdict(list)
    for slot, frame in slots:
        for kind in slot.kinds if slot else ():
            found[kind].append(frame)
    return found


_ALL = _frames()
BY_SUBJECT = _by_kind([(frame.subject, frame) for frame in _ALL])
BY_OBJECT = _by_kind([(frame.object, frame) for frame in _ALL])


def choose(
    dice: Dice,
    kind: str,
    *,
    of_object: bool = False,
    clausal: bool = False,
    telling: bool = False,
    planned: bool = False,
) -> Frame:
    """One of the frames.

    Args:
        dice: the source of chance.
        kind: that of its subject.
        of_object: the kind is that of its object.
        clausal: it may have a complement clause.
        telling: it must tell the kind of its subject.
        planned: it must be something that one can intend, if there is such a frame.
    """
    fitting = [
        frame
        for frame in (BY_OBJECT if of_object else BY_SUBJECT)[kind]
        if (clausal or not frame.clausal) and (frame.subject.revealing or not telling)
    ]
    if planned:
        fitting = [frame for frame in fitting if not frame.unplanned] or fitting
    # They are few among the frames, but not among the sentences of a newspaper.
    nested = [frame for frame in fitting if frame.clausal]
    return dice.one(nested if nested and dice.chance(0.25) else fitting)
