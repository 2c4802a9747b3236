"""What runs here, as it is told."""

import json
from importlib.metadata import version
from importlib.util import find_spec
from types import SimpleNamespace

import torch

from structdistill import structures
from structdistill.display import print_environment
from structdistill.environment import Computation, Environment, describe
from structdistill.structures import LinearChain, Structure, kernels


def test_every_structure_is_told_in_every_form():
    environment = describe()
    assert environment.versions["torch"] == version("torch")
    assert environment.threads == torch.get_num_threads()
    assert "cpu" in environment.devices
    told = {each.structure for each in environment.computations}
    public = (getattr(structures, name) for name in structures.__all__)
    classes = [value for value in public if isinstance(value, type)]
    assert told == {
        c.__name__ for c in classes if issubclass(c, Structure) and not c.__abstractmethods__
    }
    of_chains = {
        (each.potentials, each.implementation)
        for each in environment.computations
        if each.structure == "LinearChain" and each.device == "cpu"
    }
    rest = "start[b,t] end[b,t]"
    assert of_chains == {
        (f"emissions[b,n,t] transitions[b,t,t] {rest}", "compiled kernel"),
        (f"emissions[b,n,t] transitions[b,n-1,t,t] {rest}", "plain PyTorch"),
    }


def test_kernels_on_cuda_are_told_whether_or_not_there_is_such_a_device():
    told = {
        (each.structure, each.potentials): each.implementation
        for each in describe().computations
        if each.device == "cuda"
    }
    by = "Triton kernel" if find_spec("triton") else "plain PyTorch"
    assert told["ProjectiveTree", "arcs[b,n+1,n+1,r]"] == by
    assert told["NonProjectiveTree", "arcs[b,n+1,n+1,r]"] == by


def test_without_triton_or_with_an_old_one_plain_pytorch_computes_on_cuda(monkeypatch):
    choose = kernels.choose.__wrapped__
    chain = LinearChain, (3, 3, 2, 2)
    monkeypatch.setattr(kernels, "find_spec", lambda name: None)
    assert choose(*chain, "cuda", torch.float32) is None
    assert choose(*chain, "cpu", torch.float32) is not None
    old = SimpleNamespace(__version__="3.2.0+git")
    monkeypatch.setattr(kernels, "find_spec", lambda name: object())
    monkeypatch.setattr(kernels, "import_module", lambda name: old)
    assert choose(*chain, "cuda", torch.float32) is None


def test_precisions_that_are_computed_alike_share_a_row(capsys):
    computations = [
        Computation("Chain", "emissions[b,n,t]", "cpu", dtype, implementation)
        for dtype, implementation in (("float32", "k"), ("float64", "k"), ("float16", "p"))
    ]
    environment = Environment({"python": "3.11"}, {"cpu": "one"}, 2, computations)
    print_environment(environment, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["computations"][2]["implementation"] == "p"
    print_environment(environment, as_json=False)
    out = capsys.readouterr().out
    assert "python" in out
    rows = [line for line in out.splitlines() if "Chain" in line]
    assert [("float32 float64" in row, "float16" in row) for row in rows] == [
        (True, False),
        (False, True),
    ]
