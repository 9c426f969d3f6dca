"""`python -m catalog serve | migrate | sample`."""

from chassis.run import main

main("catalog")
