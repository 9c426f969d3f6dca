"""`python -m front serve`."""

from chassis.run import main

main("front")
