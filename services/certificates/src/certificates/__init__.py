"""The certificate of a child: its number, validity and state.

Promises: a child that is enrolled at the age of 5 to 17 has exactly one certificate, issued by itself within a moment
of the enrolment, whatever the order in which the facts arrive and however often they are repeated; its number never
changes; it is valid to the end of the 18th birthday unless an authority freezes or revokes it; only the child's
guardians and those authorities see it. Money is not its business.
"""
