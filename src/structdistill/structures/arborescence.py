"""The best arborescences."""

import numpy as np
from jaxtyping import Bool, Float64, Int64


def maximum_arborescences(
    scores: Float64[np.ndarray, "batch node node"],
    allowed: Bool[np.ndarray, "batch node node"],
    lengths: Int64[np.ndarray, " batch"],
    *,
    single_root: bool,
) -> Int64[np.ndarray, "batch node"]:
    """The heads of the words of each sentence, in an arborescence with the highest score.

    If the best heads of all words form an arborescence, it is the best; that is seen for all
    sentences at once, and the usual case of parsers. The others are solved one by one.

    Args:
        scores: of arcs `[head, dependent]`, node 0 the root; lower if forbidden than if allowed.
        allowed: which arcs are; others are used only if there is no arborescence without.
        lengths: words of each sentence.
        single_root: whether one arc leaves the root, or any number from one on.
    """
    node = np.arange(scores.shape[1])
    real = node <= lengths[:, None]
    possible = real[:, :, None] & real[:, None] & (node[:, None] != node) & (node > 0)
    # Of the root and in padding 0.
    heads: Int64[np.ndarray, "batch node"] = np.where(possible, scores, -np.inf).argmax(1)
    above = heads
    for _ in range(len(node).bit_length()):  # twice as far up each time
        above = np.take_along_axis(above, above, 1)
    found = (above == 0).all(1)
    if single_root:
        found &= ((heads == 0) & real).sum(1) <= 2  # its own entry and that of one word
    for sentence in np.flatnonzero(~found):
        some = slice(lengths[sentence] + 1)
        heads[sentence, some] = maximum_arborescence(
            scores[sentence, some, some], allowed[sentence, some, some], single_root=single_root
        )
    return heads


def maximum_arborescence(
    scores: Float64[np.ndarray, "node node"],
    allowed: Bool[np.ndarray, "node node"],
    *,
    single_root: bool,
) -> Int64[np.ndarray, " node"]:
    """The head of each word in an arborescence with the highest score; of the root, -1.

    A path grows from any word to its best head, to that one's best head, and so on. Where it meets
    itself, the cycle is contracted to one node; an arc into it stands for the arc into one of its
    members, less the arc of the cycle that this replaces. Where it meets the root or an earlier
    path, it is finished. At the end each cycle is opened where an arc enters it.

    Arcs also have a cost, and lower cost goes before any score: a forbidden arc costs 1, one from
    the root more than all forbidden ones together if only one may leave it. So one arc leaves the
    root, all are allowed if that is possible, and no large number dilutes the scores. Of equal
    heads the first is taken, so that the result is determined.

    Args:
        scores: of arcs `[head, dependent]`, node 0 the root. Arcs into the root and of a node to
            itself do not matter.
        allowed: which arcs are; others are used only if there is no arborescence without.
        single_root: whether one arc leaves the root, or any number from one on.

    Reference: Chu and Liu (1965) and Edmonds (1967); Gabow et al. (1986) for the path, here in
        O(n²) for dense graphs; Gabow and Tarjan (1984) for the cost of arcs from the root. Zmigrod
        et al. (2020) tell what parsers do wrong without it.
    """
    nodes = len(scores)
    # Contracted nodes follow the others, in the order in which they arise: at most nodes - 2.
    # What of a node is told for each head is told of the best arc from there into the node.
    score = np.zeros((2 * nodes, nodes))
    cost = np.zeros((2 * nodes, nodes), dtype=np.int64)
    member = np.zeros((2 * nodes, nodes), dtype=np.int64)  # which one of a cycle it enters
    score[:nodes] = np.where(allowed, scores, 0).T
    cost[:nodes] = ~allowed.T
    if single_root:
        cost[:nodes, 0] += nodes
    inner = np.zeros((2 * nodes, nodes), dtype=np.bool_)  # what is within, so no head
    inner[:nodes] = np.eye(nodes, dtype=np.bool_)
    outermost = np.arange(nodes)  # the contracted node that each node is within now
    head = np.full(2 * nodes, -1)
    finished = np.zeros(2 * nodes, dtype=np.bool_)
    finished[0] = True
    used = nodes
    for word in range(1, nodes):
        node, path = int(outermost[word]), [0] * 0
        while not finished[node]:
            path.append(node)
            head[node] = _best_head(score[node], cost[node], inner[node])
            node = int(outermost[head[node]])
            if node in path:
                start = path.index(node)
                cycle, path = path[start:], path[:start]
                node, used = used, used + 1
                _contract(cycle, node, head, score, cost, member, inner)
                outermost[inner[node]] = node
        for node in path:
            finished[node] = True
    for cycle_node in range(used - 1, nodes - 1, -1):
        entered = member[cycle_node, head[cycle_node]]
        head[entered] = head[cycle_node]
    return head[:nodes]


def _best_head(
    score: Float64[np.ndarray, " node"],
    cost: Int64[np.ndarray, " node"],
    inner: Bool[np.ndarray, " node"],
) -> int:
    """The first of those with the highest score among those of the lowest cost."""
    lowest = cost[~inner].min()
    return int(np.where(~inner & (cost == lowest), score, -np.inf).argmax())


def _contract(
    cycle: list[int],
    node: int,
    head: Int64[np.ndarray, " any"],
    score: Float64[np.ndarray, "any node"],
    cost: Int64[np.ndarray, "any node"],
    member: Int64[np.ndarray, "any node"],
    inner: Bool[np.ndarray, "any node"],
) -> None:
    """Fills in what is told of the contracted node: the best of the arcs into its members."""
    for first, part in enumerate(cycle):
        gain = score[part] - score[part, head[part]]
        expense = cost[part] - cost[part, head[part]]
        cheaper = (expense < cost[node]) | ((expense == cost[node]) & (gain > score[node]))
        better = cheaper | (first == 0)
        score[node] = np.where(better, gain, score[node])
        cost[node] = np.where(better, expense, cost[node])
        member[node] = np.where(better, part, member[node])
        inner[node] |= inner[part]
