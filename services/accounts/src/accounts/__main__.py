"""`python -m accounts serve | migrate | sample`."""

from chassis.run import main

main("accounts")
