"""E-mails to our own people, by the services that carry those to customers."""

from core.http import Call, Done, Outcome, Temporary, Unknown, send
from core.outbox import Job
from notifications.channels import Message, Transport, preferred, transports
from notifications.delivery.jobs import job_of


def send_email(recipient: str, subject: str, text: str) -> Outcome:
    """Send it now, by the first service that takes it."""
    message = Message(recipient, text, subject)
    outcome: Outcome = Temporary("no service for e-mail")
    for name in preferred("email"):
        outcome = _send(transports()["email", name], message)
        if isinstance(outcome, Done | Unknown):
            break
    return outcome


def _send(transport: Transport, message: Message) -> Outcome:
    job = job_of(transport, message)
    if isinstance(job, Call):
        return job.run()  # what it raises is the caller's failed work
    return send(job.request, job.read) if isinstance(job, Job) else job
