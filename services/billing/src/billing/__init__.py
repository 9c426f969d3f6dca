"""Money: funding programmes and their queue, the ledger, offers, contracts and debits.

Billing promises that every kopeck or hour has a cause that can be told to a parent in one sentence; that nothing is
debited without the guardian's own acceptance; that a municipal budget and a certificate are never overdrawn; that the
queue for money is served strictly in the order of arrival; and that facts may come late, twice or in any order and the
money ends up the same.
"""
