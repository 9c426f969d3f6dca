"""`python -m billing serve | migrate | sample`."""

from chassis.run import main

main("billing")
