"""The best arborescence of one sentence."""

import numpy as np

from structdistill.structures.kernels.compiling import step
from structdistill.structures.potentials import FORBIDDEN


@step
def maximum_arborescence(scores: np.ndarray, single_root: bool) -> np.ndarray:
    """The head of each word in an arborescence with the highest score; of the root, -1.

    If the best heads of all words form an arborescence, the usual case of parsers, it is that.
    Otherwise a path grows from any word to its best head, to that one's best head, and so on. Where
    it meets itself, the cycle is contracted to one node; an arc into it stands for the arc into one
    of its members, less the arc of the cycle that this replaces. Where it meets the root or an
    earlier path, it is finished. At the end each cycle is opened where an arc enters it.

    Arcs also have a cost, and lower cost goes before any score: a forbidden arc costs 1, one from
    the root more than all forbidden ones together if only one may leave it. So one arc leaves the
    root, all are allowed if that is possible, and no large number dilutes the scores. Of equal
    heads the first is taken, so that the result is determined.

    Args:
        scores: of arcs `[dependent, head]`, node 0 the root, FORBIDDEN where they are; these are
            used only if there is no arborescence without. Arcs into the root and of a node to
            itself do not matter.
        single_root: whether one arc leaves the root, or any number from one on.

    Reference: Chu and Liu (1965) and Edmonds (1967); Gabow et al. (1986) for the path, here in
        O(n²) for dense graphs; Gabow and Tarjan (1984) for the cost of arcs from the root. Zmigrod
        et al. (2020) tell what parsers do wrong without it.
    """
    nodes = len(scores)
    heads = np.full(nodes, -1)
    for word in range(1, nodes):
        heads[word] = 0
        for head in range(nodes):
            if head != word and scores[word, head] > scores[word, heads[word]]:
                heads[word] = head
    if _is_arborescence(heads, single_root):
        return heads
    # Contracted nodes follow the others, in the order in which they arise: at most nodes - 2.
    # What of a node is told for each head is told of the best arc from there into the node.
    score, cost = np.zeros((2 * nodes, nodes)), np.zeros((2 * nodes, nodes), np.int64)
    member = np.zeros((2 * nodes, nodes), np.int64)  # which one of a cycle it enters
    inner = np.zeros((2 * nodes, nodes), np.bool_)  # what is within, so no head
    for word in range(nodes):
        inner[word, word] = True
        for head in range(nodes):
            allowed = not scores[word, head] <= FORBIDDEN / 2
            score[word, head] = scores[word, head] if allowed else 0
            cost[word, head] = 0 if allowed else 1
        cost[word, 0] += nodes if single_root else 0
    outermost = np.arange(nodes)  # the contracted node that each node is within now
    head_of = np.full(2 * nodes, -1)
    finished = np.zeros(2 * nodes, np.bool_)
    finished[0] = True
    path, used = np.empty(2 * nodes, np.int64), nodes
    for word in range(1, nodes):
        node, length = outermost[word], 0
        while not finished[node]:
            path[length] = node
            length += 1
            head_of[node] = _best_head(score[node], cost[node], inner[node])
            node = outermost[head_of[node]]
            start = 0
            while start < length and path[start] != node:
                start += 1
            if start < length:
                node, used = used, used + 1
                _contract(path[start:length], node, head_of, score, cost, member, inner)
                length = start
                for within in range(nodes):
                    if inner[node, within]:
                        outermost[within] = node
        for place in range(length):
            finished[path[place]] = True
    for node in range(used - 1, nodes - 1, -1):
        head_of[member[node, head_of[node]]] = head_of[node]
    return head_of[:nodes]


@step
def _is_arborescence(heads: np.ndarray, single_root: bool) -> bool:
    """Whether every word descends from the root, and as many as may do so directly."""
    nodes, roots = len(heads), 0
    visit = np.full(nodes, -1)  # from which word on the way up each node was visited
    for word in range(1, nodes):
        roots += heads[word] == 0
        node = word
        while node > 0 and visit[node] < 0:
            visit[node] = word
            node = heads[node]
        if node > 0 and visit[node] == word:
            return False
    return roots <= 1 or not single_root


@step
def _best_head(score: np.ndarray, cost: np.ndarray, inner: np.ndarray) -> int:
    """The first of those with the highest score among those of the lowest cost."""
    best = -1
    for head in range(len(score)):
        if not inner[head] and (
            best < 0
            or cost[head] < cost[best]
            or (cost[head] == cost[best] and score[head] > score[best])
        ):
            best = head
    return best


@step
def _contract(
    cycle: np.ndarray,
    node: int,
    heads: np.ndarray,
    score: np.ndarray,
    cost: np.ndarray,
    member: np.ndarray,
    inner: np.ndarray,
) -> None:
    """Fills in what is told of the contracted node: the best of the arcs into its members."""
    for first, part in enumerate(cycle):
        replaced = heads[part]
        for head in range(score.shape[1]):
            gain = score[part, head] - score[part, replaced]
            expense = cost[part, head] - cost[part, replaced]
            if (
                first == 0
                or expense < cost[node, head]
                or (expense == cost[node, head] and gain > score[node, head])
            ):
                score[node, head], cost[node, head] = gain, expense
                member[node, head] = part
            inner[node, head] |= inner[part, head]
