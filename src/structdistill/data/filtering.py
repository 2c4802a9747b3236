"""Which sentences a teacher is certain enough of."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from structdistill.errors import RecipeError


class Filter(BaseModel):
    """Bounds of a teacher's certainty of a sentence, inclusive; by default there are none.

    Reference: self-training leaves out what was annotated with little confidence (Yarowsky 1995).
        Upper bounds of the confidence leave out what there is little to learn from, as uncertainty
        sampling does (Lewis & Gale 1994).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_confidence: float | None = Field(
        None, ge=0, le=1, description="least probability of the teacher's best structure"
    )
    max_confidence: float | None = Field(
        None, ge=0, le=1, description="largest probability of the teacher's best structure"
    )
    min_entropy: float | None = Field(
        None, ge=0, description="least entropy of the teacher's distribution, in nats"
    )
    max_entropy: float | None = Field(
        None, ge=0, description="largest entropy of the teacher's distribution, in nats"
    )
    per: Literal["word", "sentence"] = Field(
        "word", description="whether these are means over words, of probabilities geometric ones"
    )

    @model_validator(mode="after")
    def _check_order(self) -> "Filter":
        for name, (least, most) in self._bounds().items():
            if least is not None and most is not None and least > most:
                raise RecipeError(f"min_{name} must not exceed max_{name}; got {least} > {most}")
        return self

    def asks(self, name: str) -> bool:
        """Whether there are bounds of the `confidence` or the `entropy`."""
        return self._bounds()[name] != (None, None)

    def __bool__(self) -> bool:
        """Whether it says anything."""
        return self.asks("confidence") or self.asks("entropy")

    def allows(self, **certainty: float) -> bool:
        """Whether the `confidence` and the `entropy` of a sentence, as far as given, are within."""
        for name, value in certainty.items():
            least, most = self._bounds()[name]
            if (least is not None and value < least) or (most is not None and value > most):
                return False
        return True

    def __str__(self) -> str:
        given = self.model_dump(exclude_none=True, exclude={"per"})
        return f"{', '.join(f'{name} = {bound:g}' for name, bound in given.items())} a {self.per}"

    def _bounds(self) -> dict[str, tuple[float | None, float | None]]:
        return {
            "confidence": (self.min_confidence, self.max_confidence),
            "entropy": (self.min_entropy, self.max_entropy),
        }
