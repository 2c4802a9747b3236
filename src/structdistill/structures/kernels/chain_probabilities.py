"""One chain in the probability domain: two sweeps of matrix-vector products, rescaled a step."""

import numpy as np
from jaxtyping import Float

from structdistill.structures.kernels.compiling import compiled
from structdistill.structures.kernels.exponentials import exponential
from structdistill.structures.potentials import FORBIDDEN

Vector = Float[np.ndarray, " tag"]
Matrix = Float[np.ndarray, "tag tag"]
Words = Float[np.ndarray, "word tag"]


@compiled
def combine(weights: np.ndarray, rows: np.ndarray, out: np.ndarray) -> None:
    """out = weights @ rows, four rows at a time."""
    number, width = rows.shape
    for j in range(width):
        out[j] = 0
    blocked = number - number % 4
    for i in range(0, blocked, 4):
        a, b, c, d = weights[i], weights[i + 1], weights[i + 2], weights[i + 3]
        for j in range(width):
            out[j] += a * rows[i, j] + b * rows[i + 1, j] + c * rows[i + 2, j] + d * rows[i + 3, j]
    for i in range(blocked, number):
        a, first = weights[i], rows[i]
        for j in range(width):
            out[j] += a * first[j]


@compiled
def exponentials(scores: np.ndarray, cut: float, out: np.ndarray) -> tuple[float, bool]:
    """Scores relative to their largest, as probabilities.

    Returns:
        the largest score, and whether some score that is not forbidden is too far below it.
    """
    largest = scores.max()
    low = np.inf
    for j in range(len(scores)):
        x = scores[j] - largest
        out[j] = exponential(x)
        low = min(low, x if x > FORBIDDEN / 2 else np.inf)
    return largest, low < cut


@compiled
def relative_exponentials(scores: Words, out: Words) -> float:
    """Each word's scores relative to its largest, as probabilities; the sum of the largest."""
    length, tags = scores.shape
    total = 0.0
    for i in range(length):
        largest = scores[i, 0]
        for t in range(1, tags):
            largest = max(largest, scores[i, t])
        total += largest
        for t in range(tags):
            out[i, t] = scores[i, t] - largest
    # Of all words in one go, as long rows compile to the quickest loop.
    flat = out.reshape(-1)
    for j in range(len(flat)):
        flat[j] = exponential(flat[j])
    return total


@compiled
def sweep(
    backward: bool,
    words: Words,
    boundary: Vector,
    transitions: Matrix,
    floors: tuple[float, float],
    before: Words,
    messages: Words,
) -> tuple[float, bool]:
    """Messages along a chain, each rescaled to the sum 1.

    before[i] = messages[i-1] @ transitions, at the first word the boundary;
    messages[i] ∝ words[i] · before[i].

    Args:
        backward: whether it goes from the last word to the first.
        words: the exponential of each word's emissions.
        boundary: that of the scores of tags where the sweep begins.
        transitions: from the tag that is visited earlier to the next.
        floors: the least number that `before` and `messages` may hold except 0.
        before, messages: are filled.

    Returns:
        the logarithm of the product of all scales; whether something fell below the floors.
    """
    length, tags = words.shape
    log_scale, scale, lost = 0.0, 1.0, False
    for step in range(length):
        i = length - 1 - step if backward else step
        if step == 0:
            before[i] = boundary
        else:
            combine(messages[i + 1 if backward else i - 1], transitions, before[i])
        total, low = before[i, 0] * 0, 0
        for t in range(tags):
            entering = before[i, t]
            product = entering * words[i, t]
            messages[i, t] = product
            total += product
            low += (entering > 0) & (entering < floors[0])
        if low or not total > 0:
            return 0.0, True
        inverse = 1 / total
        for t in range(tags):
            message = messages[i, t] * inverse
            messages[i, t] = message
            low += (message > 0) & (message < floors[1])
        lost |= low > 0
        scale *= total
        if scale < 1e-200 or scale > 1e200:
            log_scale, scale = log_scale + np.log(scale), 1.0
    return log_scale + np.log(scale), lost


@compiled
def sweep_moments(
    backward: bool,
    words: Words,
    word_values: Words,
    boundary_values: Vector,
    transitions: Matrix,
    weighted: Matrix,
    before: Words,
    messages: Words,
    moments_before: Words,
    moments: Words,
) -> None:
    """The derivative of a finished sweep's `before` and `messages` in a direction.

    Each word's are shifted by a multiple of its messages so that they sum to 0; where messages are
    normalised that changes nothing.

    Args:
        word_values, boundary_values: the direction, of emissions and at the boundary.
        weighted: transitions times the direction.
        moments_before, moments: are filled.
    """
    length, tags = words.shape
    part = np.empty_like(before[0])
    for step in range(length):
        i = length - 1 - step if backward else step
        if step == 0:
            moments_before[i] = before[i] * boundary_values
        else:
            previous = i + 1 if backward else i - 1
            combine(moments[previous], transitions, moments_before[i])
            combine(messages[previous], weighted, part)
            moments_before[i] += part
        product, mass = before[i, 0] * 0, before[i, 0] * 0
        for t in range(tags):
            product += before[i, t] * words[i, t]
            moment = words[i, t] * (moments_before[i, t] + before[i, t] * word_values[i, t])
            moments[i, t] = moment
            mass += moment
        inverse, mean = 1 / product, mass / product
        for t in range(tags):
            moments[i, t] = moments[i, t] * inverse - messages[i, t] * mean
