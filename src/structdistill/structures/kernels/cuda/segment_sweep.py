"""The kernel of segmentations, whose first and last labels may have potentials, too.

A chain of tags is a segmentation into segments of one word.
"""

import torch
import triton.language as tl
from jaxtyping import Float, Int
from torch import Tensor

from structdistill.structures.kernels.cuda.arithmetic import (
    COVARIANCES,
    EXPECTATIONS,
    descend,
    number,
    put,
    sums,
    times,
    total,
    wanted,
    weight,
)
from structdistill.structures.kernels.cuda.compiling import columns, compiled, rows

Tensors = tuple[Tensor, ...]
_CHARTS = tl.constexpr(4)


def sweep(
    mode: tl.constexpr, potentials: Tensors, values: Tensors, lengths: Int[Tensor, " batch"]
) -> tuple[Float[Tensor, " batch"], Tensors]:
    """log Z, and the expected parts, their derivatives or the best parts.

    Args:
        mode: which of them.
        potentials: `segments[b, n, k, t]`, `transitions[b, t, t]`, `start[b, t]` and `end[b, t]`;
            a first axis of size 1 stands for equal ones.
        values: likewise, where derivatives are wanted; else not looked at.
    """
    sentences, (words, widths, tags) = len(lengths), potentials[0].shape[1:]
    log_z = potentials[0].new_zeros(sentences)
    parts = tuple(p.new_zeros((sentences, *p.shape[1:])) for p in potentials)
    planes = 1 if mode == EXPECTATIONS else 2
    charts = log_z.new_empty(
        (sentences, _CHARTS.value, planes, words + 1, tags), dtype=torch.float64
    )
    potentials = _in_rows(potentials, sentences)
    values = _in_rows(values, sentences) if mode == COVARIANCES else potentials
    with torch.cuda.device_of(log_z):
        _sweep[(sentences,)](
            potentials,
            tuple(p.stride(0) for p in potentials),
            values,
            tuple(v.stride(0) for v in values),
            parts,
            lengths,
            log_z,
            charts,
            words,
            widths,
            tags,
            MODE=mode.value,
            EXACT=log_z.dtype == torch.float64,
            TAGS=columns(tags),
            WIDTHS=columns(widths),
            ROWS=rows(tags, max(columns(tags), columns(widths))),
            num_stages=1,  # a step loads what the step before it stores
        )
    return log_z, parts


def _in_rows(tensors: Tensors, sentences: int) -> Tensors:
    """Each sentence's numbers without gaps; what is the same for all sentences only once."""
    return tuple(
        (tensor.detach()[:1] if tensor.stride(0) == 0 else tensor.detach())
        .contiguous()
        .expand(sentences, *tensor.shape[1:])
        for tensor in tensors
    )


@compiled
def _sweep(
    potentials: tl.tuple,
    strides: tl.tuple,
    values: tl.tuple,
    value_strides: tl.tuple,
    parts: tl.tuple,
    lengths: tl.tensor,
    log_z: tl.tensor,
    charts: tl.tensor,
    words: tl.tensor,
    widths: tl.tensor,
    tags: tl.tensor,
    MODE: tl.constexpr,
    EXACT: tl.constexpr,
    TAGS: tl.constexpr,
    WIDTHS: tl.constexpr,
    ROWS: tl.constexpr,
) -> None:
    b = tl.program_id(0).to(tl.int64)
    n = tl.load(lengths + b).to(tl.int32)
    if n == 0:
        return
    # All that leads to a boundary by the last label, and to a segment from there by its label; the
    # probabilities of both.
    plane = (words + 1) * tags
    size = plane if MODE == EXPECTATIONS else 2 * plane
    ending = charts + b * _CHARTS * size
    entering, ended, entered = ending + size, ending + 2 * size, ending + 3 * size

    segments, segment_values = potentials[0] + b * strides[0], values[0] + b * value_strides[0]
    pairs, pair_values = potentials[1] + b * strides[1], values[1] + b * value_strides[1]
    segment_parts = parts[0] + b * words * widths * tags
    pair_parts = parts[1] + b * tags * tags
    tag, row, width = tl.arange(0, TAGS), tl.arange(0, ROWS), tl.arange(0, WIDTHS)
    there = tag < tags
    start = weight(
        potentials[2] + b * strides[2] + tag, values[2] + b * value_strides[2] + tag, there, MODE
    )
    put(entering, plane, tag, there, start, MODE)
    tl.debug_barrier()

    for boundary in range(1, n + 1):
        for first in range(0, tags, ROWS):
            t = first + row[:, None]
            i = boundary - 1 - width[None, :]
            valid = (t < tags) & (width[None, :] < widths) & (i >= 0)
            at = (i * widths + width[None, :]) * tags + t
            segment = weight(segments + at, segment_values + at, valid, MODE)
            before = number(entering, plane, i * tags + t, valid, MODE)
            up_to = total(times(before, segment), valid, MODE, EXACT)
            put(ending, plane, boundary * tags + first + row, first + row < tags, up_to, MODE)
        tl.debug_barrier()
        if boundary < n:
            for first in range(0, tags, ROWS):
                t = first + row[:, None]
                valid = (t < tags) & there[None, :]
                at = tag[None, :] * tags + t
                pair = weight(pairs + at, pair_values + at, valid, MODE)
                before = number(ending, plane, boundary * tags + tag[None, :], there[None, :], MODE)
                up_to = total(times(before, pair), valid, MODE, EXACT)
                put(entering, plane, boundary * tags + first + row, first + row < tags, up_to, MODE)
            tl.debug_barrier()

    row_of_tags, possible = tag[None, :], there[None, :]
    end = weight(
        potentials[3] + b * strides[3] + row_of_tags,
        values[3] + b * value_strides[3] + row_of_tags,
        possible,
        MODE,
    )
    ended_there = times(number(ending, plane, n * tags + row_of_tags, possible, MODE), end)
    whole = total(ended_there, possible, MODE, EXACT)
    tl.store(log_z + b + tl.arange(0, 1), whole[0])
    certain = tl.full([1, 1], 1.0, tl.float64), tl.full([1, 1], 0.0, tl.float64)
    whole = whole[0][:, None], whole[1][:, None]
    share = descend(certain, ended_there, whole, row_of_tags, possible, MODE, EXACT)
    put(ended, plane, n * tags + row_of_tags, possible, share, MODE)
    tl.store(parts[3] + b * tags + row_of_tags, wanted(share, MODE), mask=possible)
    tl.debug_barrier()

    for back in range(1, n + 1):
        boundary = n - back
        for first in range(0, tags, ROWS):
            t = first + row[:, None]
            j = boundary + 1 + width[None, :]
            valid = (t < tags) & (width[None, :] < widths) & (j <= n)
            at = (boundary * widths + width[None, :]) * tags + t
            segment = weight(segments + at, segment_values + at, valid, MODE)
            term = times(number(entering, plane, boundary * tags + t, t < tags, MODE), segment)
            up_to = number(ending, plane, j * tags + t, valid, MODE)
            mass = number(ended, plane, j * tags + t, valid, MODE)
            mass = descend(mass, term, up_to, width[None, :], valid, MODE, EXACT)
            tl.store(segment_parts + at, wanted(mass, MODE), mask=valid)
            put(entered, plane, boundary * tags + first + row, first + row < tags, sums(mass), MODE)
        tl.debug_barrier()
        if boundary > 0:
            for first in range(0, tags, ROWS):
                s = first + row[:, None]
                valid = (s < tags) & there[None, :]
                at = s * tags + tag[None, :]
                pair = weight(pairs + at, pair_values + at, valid, MODE)
                term = times(number(ending, plane, boundary * tags + s, s < tags, MODE), pair)
                up_to = number(
                    entering, plane, boundary * tags + tag[None, :], there[None, :], MODE
                )
                mass = number(entered, plane, boundary * tags + tag[None, :], there[None, :], MODE)
                mass = descend(mass, term, up_to, s, valid, MODE, EXACT)
                count = tl.load(pair_parts + at, mask=valid, other=0.0)
                tl.store(pair_parts + at, count + wanted(mass, MODE), mask=valid)
                put(
                    ended,
                    plane,
                    boundary * tags + first + row,
                    first + row < tags,
                    sums(mass),
                    MODE,
                )
            tl.debug_barrier()
    share = number(entered, plane, tag, there, MODE)
    tl.store(parts[2] + b * tags + tag, wanted(share, MODE), mask=there)
