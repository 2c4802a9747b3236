"""`python -m structdistill` is the program `structdistill`."""

from structdistill.cli import main

main()
