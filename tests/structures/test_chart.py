"""Charts: the splits of all spans of a width, against going through them."""

import torch

from structdistill.structures.chart import Chart, by_width, splits

POSITIONS = 5


def random_chart(widths: int, first: int) -> tuple[Chart, list[torch.Tensor]]:
    """A chart whose narrowest spans are so wide; and its values, by width."""
    values = [torch.randn(2, POSITIONS - width) for width in range(first, first + widths)]
    chart = Chart(torch.zeros(2, POSITIONS))
    for each in values:
        chart.append(each)
    return chart, values


def test_splits_pair_what_begins_a_span_with_what_ends_it() -> None:
    # Left parts [i, i + a] with a = 1, 2, 3, right parts [i + a, i + 3] of widths 2, 1, 0.
    (left, lefts), (right, rights) = random_chart(3, 1), random_chart(3, 0)
    found = splits(left, right, POSITIONS - 3)
    assert found.shape == (2, 2, 3)
    for i in range(2):
        for split, width in enumerate([1, 2, 3]):
            expected = lefts[width - 1][:, i] + rights[3 - width][:, i + width]
            assert torch.equal(found[:, i, split], expected)


def test_a_chart_keeps_spans_at_their_first_and_their_last_position() -> None:
    chart, values = random_chart(3, 0)
    for width, row in enumerate(values):
        for i in range(POSITIONS - width):
            assert torch.equal(chart.starts[:, i, width], row[:, i])
            assert torch.equal(chart.ends[:, i + width, width], row[:, i])


def test_by_width_are_the_diagonals() -> None:
    table = torch.randn(2, 4, 4)
    rows = by_width(table)
    assert len(rows) == 4
    for width, row in enumerate(rows):
        assert torch.equal(row, table.diagonal(width, 1, 2))
