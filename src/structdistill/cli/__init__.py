"""The command line: parse, call, print."""

from structdistill.cli.program import app, main

__all__ = ["app", "main"]
