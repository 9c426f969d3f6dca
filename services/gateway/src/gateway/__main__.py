"""`python -m gateway serve`."""

from chassis.run import main

main("gateway")
