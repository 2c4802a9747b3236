"""Sweeps over the charts of a sentence's segmentations."""

import numpy as np

from structdistill.structures.kernels.arithmetic import LOGARITHMS, PROBABILITIES
from structdistill.structures.kernels.segment_charts import (
    descend_charts,
    fill_backward,
    fill_forward,
    make_charts,
)
from tests.structures.kernels.calling import from_python

# Two words, one label: both alone, with weights 2 · 1 · 3, or as one segment of weight 4.
SEGMENTS = np.log(np.array([[[2.0], [4.0]], [[3.0], [1.0]]]))
TRANSITIONS, SCALES = np.zeros((1, 1)), np.empty(3)
SHARES, PAIRS = [[[0.6], [0.4]], [[0.6], [0.0]]], [[0.6]]


def forward(arithmetic: int, charts: tuple[np.ndarray, ...]) -> bool:
    """Without values."""
    values = SEGMENTS[None][:0], TRANSITIONS[None][:0]
    return fill_forward(arithmetic, SEGMENTS, TRANSITIONS, *values, 2, charts, SCALES)


def test_two_words_by_hand() -> None:
    charts, others = from_python(make_charts)(1, 2, 2, 1), from_python(make_charts)(1, 2, 2, 1)
    segments, transitions = np.zeros_like(SEGMENTS), np.zeros((1, 1))
    assert not forward(PROBABILITIES, charts)
    assert not fill_backward(2, charts, others, segments, transitions)
    np.testing.assert_allclose(SCALES[2] + np.log(charts[0][0, 2].sum()), np.log(10))
    np.testing.assert_allclose(segments, SHARES)
    np.testing.assert_allclose(transitions, PAIRS)


def test_two_words_by_hand_in_logarithms() -> None:
    charts, others = from_python(make_charts)(1, 2, 2, 1), from_python(make_charts)(1, 2, 2, 1)
    segments, transitions = np.zeros_like(SEGMENTS), np.zeros((1, 1))
    forward(LOGARITHMS, charts)
    log_z = descend_charts(2, charts, others, segments, transitions)
    np.testing.assert_allclose(log_z, np.log(10))
    np.testing.assert_allclose(segments, SHARES)
    np.testing.assert_allclose(transitions, PAIRS)
