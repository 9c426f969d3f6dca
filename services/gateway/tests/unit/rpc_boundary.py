"""The services as the gateway meets them: answers given at the RPC boundary, each request checked by its contract."""

from dataclasses import dataclass, field
from typing import Any

from chassis.context import Context, current

SUBJECT = "11111111-1111-4111-8111-111111111111"


@dataclass
class Services:
    """Answers by method name (or what to raise), and what was asked under which context."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any], Context]] = field(default_factory=list)

    def call(self, method: Any, fields: Any = None, timeout_seconds: float = 5.0) -> Any:
        method.request().load(fields)
        self.asked.append((f"{method.service}.{method.name}", dict(fields or {}), current()))
        answer = self.answers[f"{method.service}.{method.name}"]
        if isinstance(answer, Exception):
            raise answer
        return answer
