"""The same conditions for every test: no network, one thread, fixed seeds, checked shapes."""

import os

# Read once, when the libraries are imported.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import random
from typing import Any, Self

import numpy as np
import pytest
import torch
from beartype import BeartypeConf, FrozenDict, beartype

# Where there is no GPU, kernels for it are interpreted: on tensors of the CPU, step by step.
if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"

torch.set_num_threads(1)

# Checks annotations at run time, through jaxtyping's option in pyproject.toml. beartype cannot
# check `Self` where, as there, the methods of a class are decorated before the class. An int may
# stand for a float, as in static type checkers.
check_annotations = beartype(
    conf=BeartypeConf(is_pep484_tower=True, hint_overrides=FrozenDict({Self: Any}))
)


@pytest.fixture(autouse=True)
def fixed_seeds() -> None:
    """Every test starts from the same random state, whichever tests ran before it."""
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
