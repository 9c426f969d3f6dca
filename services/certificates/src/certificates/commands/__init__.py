"""What changes certificates, in the caller's transaction: issuing them, and what becomes of them afterwards."""
