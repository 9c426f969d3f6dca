"""The consent to the processing of personal data (Federal Law 152-FZ, article 9), by version.

A published text never changes: a new wording is a new version beside the old ones, so that what somebody agreed to
can be shown for ever from the stored version, time and hash.
"""

from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True)
class Consent:
    """One wording of the consent."""

    version: str
    text: str

    @property
    def text_sha256(self) -> str:
        """The hash that proves which text was agreed to."""
        return sha256(self.text.encode()).hexdigest()


_FIRST = Consent(
    version="1",
    text=(
        "Я даю согласие на обработку моих персональных данных и персональных данных детей, законным представителем "
        "которых я являюсь: фамилии, имени, отчества, адреса электронной почты, даты рождения, муниципалитета "
        "проживания и СНИЛС (если я его укажу). Цель обработки: запись детей на программы дополнительного образования "
        "и оплата этих программ средствами сертификата. С данными можно совершать следующие действия: сбор, запись, "
        "систематизация, хранение, уточнение, использование, передача поставщику образовательных услуг, "
        "на программу которого зачислен ребёнок, блокирование, удаление. Согласие действует до его отзыва. "
        "Я могу отозвать согласие в личном кабинете; сведения, которые закон обязывает хранить, "
        "хранятся установленный законом срок."
    ),
)

_WITH_APPLICANTS = Consent(
    version="2",
    text=_FIRST.text.replace(
        "на программу которого зачислен ребёнок", "на программу которого подана заявка или зачислен ребёнок"
    ),
)

PUBLISHED = (_FIRST, _WITH_APPLICANTS)
"""Every wording that somebody may have agreed to, oldest first."""

CURRENT = PUBLISHED[-1]
"""What is asked of those who register today; since version 2 providers see who applied, too."""
