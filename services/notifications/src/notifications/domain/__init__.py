"""What people are told and how it is written; when a mail is tried again. Plain Python."""
