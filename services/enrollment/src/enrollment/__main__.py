"""`python -m enrollment serve | migrate`."""

from chassis.run import main

main("enrollment")
