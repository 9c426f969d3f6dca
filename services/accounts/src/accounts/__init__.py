"""People: guardians and their children, staff, sign-in.

Accounts promises that a person has one account for a confirmed address, that a child exists once in its region, that
only a child's guardians and the staff of the providers it is enrolled with ever read its name (each reading is
recorded), and that nothing an outsider may ask, nor how long the answer takes, tells whether an address is known.
Names, contacts and insurance numbers are kept here and nowhere else; no event, log or refusal contains them.
"""
