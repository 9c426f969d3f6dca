"""`python -m certificates serve | migrate`."""

from chassis.run import main

main("certificates")
