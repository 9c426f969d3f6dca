"""The rules of the certificate: age, validity and number. Plain Python."""
