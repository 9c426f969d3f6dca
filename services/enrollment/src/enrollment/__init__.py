"""Applications, seats, waiting lists, enrolments, lessons and attendance.

Promises: a group is never oversold and equal applicants are served in the order of their arrival; a child holds at
most one live place in a module; a full group answers with a position, not with an error; a seat is kept for a decision
until a deadline, and one that becomes free is offered to the next in line; every enrolment announces the snapshot of
terms that counts for money; every mark and every correction is kept with who and when. It never checks money: the
guardian accepted an offer, and what becomes of it is billing's.
"""
