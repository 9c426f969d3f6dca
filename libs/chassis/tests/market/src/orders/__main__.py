"""`python -m orders serve`."""

from chassis.run import main

main("orders")
