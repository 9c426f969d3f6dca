"""The tables of accounts. All personal data of the suite is in these; no other service has a copy."""

from accounts.models.base import Base
from accounts.models.children import Child, ChildAccess, Guardianship
from accounts.models.claims import Claim
from accounts.models.people import Account, Confirmation, Login, Registration
from accounts.models.sessions import RefreshToken, SignedIn, SignInAttempts
from accounts.models.ties import Applicant, Departure, Pupil

__all__ = [
    "Account",
    "Applicant",
    "Base",
    "Child",
    "ChildAccess",
    "Claim",
    "Confirmation",
    "Departure",
    "Guardianship",
    "Login",
    "Pupil",
    "RefreshToken",
    "Registration",
    "SignInAttempts",
    "SignedIn",
]
