"""States and directions as people call them, for the facts that a refusal's text holds."""

RUSSIAN: dict[str, str] = {
    "draft": "черновик",
    "submitted": "новая",
    "waitlisted": "в листе ожидания",
    "offered": "предложено место",
    "confirmed": "подтверждена",
    "enrolled": "зачислен",
    "paused": "пауза",
    "completed": "завершён",
    "withdrawn": "отчислен",
    "cancelled": "отменена",
    "valid": "действует",
    "frozen": "заморожен",
    "revoked": "аннулирован",
    "expired": "срок истёк",
    "awaiting_funds": "ждёт денег",
    "awaiting_acceptance": "ждёт согласия",
    "active": "действует",
    "refused": "отклонён",
    "closed": "закрыт",
    "open": "не рассмотрено",
    "approved": "одобрено",
    "rejected": "отклонено",
    "another_child": "это другой ребёнок",
    "technical": "техническая",
    "natural_science": "естественнонаучная",
    "arts": "художественная",
    "sport": "физкультурно-спортивная",
    "tourism": "туристско-краеведческая",
    "social_humanitarian": "социально-гуманитарная",
}
ENGLISH: dict[str, str] = {
    "natural_science": "natural science",
    "arts": "the arts",
    "social_humanitarian": "social studies and the humanities",
}
"""Codes that are no English words as they stand."""
