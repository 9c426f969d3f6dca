"""`python -m stock serve`."""

from chassis.run import main

main("stock")
