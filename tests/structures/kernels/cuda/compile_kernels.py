"""Compiles kernels for devices that are not here, and prints what they have become.

    TRITON_INTERPRET=0 python compile_kernels.py CAPABILITY FAMILY…

A program of its own, because the process that runs the tests interprets kernels.
"""

import sys
from importlib import import_module
from types import SimpleNamespace

import torch
import triton
from triton.backends.compiler import GPUTarget
from triton.runtime import JITFunction

# Sizes of 1 are compiled as constants; one chain needs several tiles. Beyond that, what is compiled
# does not depend on sizes, except that small ones take less time.
SHAPES = {
    "linear_chain": [
        [(1, 1, 1), (1, 1, 1), (1, 1), (1, 1)],
        [(2, 4, 50), (2, 50, 50), (2, 50), (2, 50)],
    ],
    "semi_markov": [[(2, 5, 3, 4), (2, 4, 4)]],
    "projective_tree": [[(2, 5, 5)]],
    "non_projective_tree": [[(2, 5, 5)]],
    "constituency_tree": [[(2, 5, 5, 3)]],
}
ROOTS = [(True,), (False,)]
SWITCHES = {"projective_tree": ROOTS, "non_projective_tree": ROOTS}


def main(capability: int, families: list[str]) -> None:
    """All kernels of each family in float32, that of the best structures in float64."""
    target = GPUTarget("cuda", capability, 32)
    device = SimpleNamespace(
        get_current_device=lambda: 0,
        get_current_stream=lambda _: 0,
        get_current_target=lambda: target,
    )
    triton.runtime.driver.set_active(device)
    launch = JITFunction.run

    def only_compile(kernel: JITFunction, *arguments: object, **options: object) -> object:
        compiled = launch(kernel, *arguments, **{**options, "warmup": True})
        print(len(compiled.asm["cubin"]), end=" ")
        return compiled

    JITFunction.run = only_compile
    for family in families:
        print(family, end=": ")
        module = import_module(f"structdistill.structures.kernels.cuda.{family}")
        for shapes in SHAPES[family]:
            potentials = tuple(map(torch.zeros, shapes))
            lengths = torch.ones(len(potentials[0]), dtype=torch.long)
            for switches in SWITCHES.get(family, [()]):
                module.expectations(potentials, lengths, switches)
                module.covariances(potentials, potentials, lengths, switches)
                module.best(tuple(p.double() for p in potentials), lengths, switches)
        print("bytes")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
