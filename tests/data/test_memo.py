"""What was worked out for a word is remembered."""

import copy
import pickle

from structdistill.data.memo import Memo


def test_a_word_is_worked_out_once() -> None:
    memo: Memo[str, int] = Memo()
    asked: list[list[str]] = []

    def lengths(words: list[str]) -> list[int]:
        asked.append(words)
        return [len(word) for word in words]

    assert memo.look_up(["a", "bbb", "a"], lengths) == [1, 3, 1]
    assert memo.look_up(["cc", "bbb"], lengths) == [2, 3]
    assert memo.look_up(["a"], lengths) == [1]
    assert asked == [["a", "bbb"], ["cc"]]


def test_a_full_memo_forgets_and_still_answers() -> None:
    memo: Memo[str, str] = Memo(capacity=2)
    for words in (["a", "b", "c"], ["c", "a"], ["d"], ["a", "b", "c", "d"]):
        assert memo.look_up(words, lambda unseen: [word.upper() for word in unseen]) == [
            word.upper() for word in words
        ]


def test_copies_start_empty() -> None:
    memo: Memo[str, int] = Memo(capacity=7)
    memo.look_up(["a"], lambda words: [1])
    for twin in (copy.deepcopy(memo), pickle.loads(pickle.dumps(memo))):
        assert twin.capacity == 7
        assert twin.look_up(["a"], lambda words: [2]) == [2]
    assert memo.look_up(["a"], lambda words: [3]) == [1]
