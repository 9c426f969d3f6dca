"""`python -m notifications serve | migrate`."""

from chassis.run import main

main("notifications")
