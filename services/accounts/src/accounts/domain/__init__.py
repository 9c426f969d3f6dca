"""Rules about people: what a name, a birth date, an insurance number, a consent and a session must satisfy."""
