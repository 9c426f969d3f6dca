"""What may become of a certificate: freezing and back, revoking and expiry, of which the last two are final."""

from datetime import datetime

VALID, FROZEN, REVOKED, EXPIRED = "valid", "frozen", "revoked", "expired"
FREEZE, UNFREEZE, REVOKE, EXPIRE = "freeze", "unfreeze", "revoke", "expire"
_LEADS = {
    FREEZE: {VALID: FROZEN},
    UNFREEZE: {FROZEN: VALID},
    REVOKE: {VALID: REVOKED, FROZEN: REVOKED},
    EXPIRE: {VALID: EXPIRED, FROZEN: EXPIRED},
}


def after(act: str, state: str) -> str | None:
    """The state that an act leads to, or None where the state does not allow it."""
    return _LEADS[act].get(state)


def at(state: str, expires_at: datetime, now: datetime) -> str:
    """The state that holds at an instant: whatever may expire has expired from `expires_at` on, told or not yet."""
    return after(EXPIRE, state) or state if now >= expires_at else state
