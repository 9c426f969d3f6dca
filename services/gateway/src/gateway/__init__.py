"""The only door: HTTP API v1.

It turns an HTTP request into calls of the services that own the answer and joins what a page needs from several. It
keeps nothing, decides nothing about money, places or people, and answers every request within ten seconds: with the
answer, a refusal as problem+json, or an honest "unavailable" that the same Idempotency-Key resolves later.
"""
