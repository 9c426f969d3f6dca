"""Who the people are."""

SERVICE = "accounts"
GUARDIAN, TEACHER, PROVIDER, MUNICIPALITY, REGION = "guardian", "teacher", "provider", "municipality", "region"
ROLES = (GUARDIAN, TEACHER, PROVIDER, MUNICIPALITY, REGION)
EVERYONE = frozenset(ROLES)
