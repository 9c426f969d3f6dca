"""The growing version of what billing announces, given under the lock of the aggregate's row."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from billing.models import Certificate


def of_certificate(session: Session, region_code: str, certificate_id: str) -> int:
    """The next version of the certificate's money."""
    statement = (
        update(Certificate)
        .where(Certificate.region_code == region_code, Certificate.certificate_id == certificate_id)
        .values(version=Certificate.version + 1)
        .returning(Certificate.version)
        .execution_options(synchronize_session=False)
    )
    return session.scalars(statement).one()
