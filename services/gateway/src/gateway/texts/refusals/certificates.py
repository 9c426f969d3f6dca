"""The certificate as a document."""

from gateway.texts.wording import Wording, Wordings

CERTIFICATES: Wordings = {
    "certificate_not_issued": Wording(
        "The child has no certificate yet: it follows the first enrolment.",
        "Сертификата ещё нет: он появляется сам в течение нескольких секунд после зачисления.",
        "There is no certificate yet: it appears by itself within seconds of the enrolment.",
    ),
    "certificate_not_found": Wording(
        "There is no such certificate within the caller's municipality or region.",
        "Такого сертификата у вас нет. Проверьте номер.",
        "You have no such certificate. Check the number.",
    ),
    "certificate_state": Wording(
        "The certificate's state does not allow the decision: frozen twice, revoked, expired.",
        "Состояние сертификата ({state}) этого не допускает. Обновите страницу.",
        "The certificate's state ({state}) does not allow it. Refresh the page.",
    ),
}
