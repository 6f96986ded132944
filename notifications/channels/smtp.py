"""E-mail by SMTP, or whatever mail backend `EMAIL_URL` names."""

import smtplib
from contextlib import suppress

from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from core.http import Done, Limits, Outcome, Permanent, Temporary, Unknown
from notifications.channels import INVALID_RECIPIENT, Message

NO_SUBJECT = "A message for you"


class Smtp:
    """One message per connection; one after the other unless NOTIFICATION_LIMITS says more."""

    name = "smtp"
    channel = "email"
    limits = Limits(concurrency=1)

    def deliver(self, message: Message) -> Outcome:
        """Hand the message to the mail server. Nothing has left until the connection stands."""
        connection = get_connection(fail_silently=False)
        try:
            connection.open()
        except (smtplib.SMTPException, OSError) as error:
            return Temporary(f"not sent: {_brief(error)}")
        try:
            return _send(connection, message)
        finally:
            with suppress(smtplib.SMTPException, OSError):
                connection.close()

    def reach(self) -> Outcome:
        """Greet the mail server, sign in where `EMAIL_URL` says how, and leave."""
        connection = get_connection(fail_silently=False)
        try:
            connection.open()
        except (smtplib.SMTPException, OSError) as error:
            return Temporary(_brief(error))
        with suppress(smtplib.SMTPException, OSError):
            connection.close()
        return Done()


def mail(message: Message, connection: BaseEmailBackend | None = None) -> EmailMultiAlternatives:
    """The message as text and, where there is some, as HTML, with RFC 8058's headers."""
    headers = {}
    if message.unsubscribe:
        headers["List-Unsubscribe"] = f"<{message.unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    subject = message.subject or NO_SUBJECT
    made = EmailMultiAlternatives(
        subject, message.text, to=[message.recipient], headers=headers, connection=connection
    )
    if message.html:
        made.attach_alternative(message.html, "text/html")
    return made


def _send(connection: BaseEmailBackend, message: Message) -> Outcome:
    try:
        mail(message, connection).send()
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()), (0, b""))
        invalid = code >= 500 and _is_no_mailbox(text)
        if invalid:
            return Permanent(f"there is no such mailbox: {code}", code=INVALID_RECIPIENT)
        return _refused(code, "the recipient was refused")
    except smtplib.SMTPSenderRefused as error:  # our own name or right to send: it gets fixed
        return Temporary(f"our sender was refused: {error.smtp_code}")
    except smtplib.SMTPResponseException as error:
        return _refused(error.smtp_code, "the message was refused")
    except ValueError as error:  # BadHeaderError: a line break where a header is
        return Permanent(f"not sent: {type(error).__name__}", code="unsendable")
    except (smtplib.SMTPException, OSError) as error:
        return Unknown(f"no usable answer: {_brief(error)}")
    return Done()


def _is_no_mailbox(text: object) -> bool:
    """RFC 3463: 5.1.1, 5.1.2, 5.1.3 and 5.1.10 say that the address does not exist."""
    reply = text if isinstance(text, bytes) else b""
    return reply.startswith((b"5.1.1 ", b"5.1.2 ", b"5.1.3 ", b"5.1.10 "))


def _refused(code: int, what: str) -> Outcome:
    """RFC 5321, 4.2.1: 4yz may be tried again, 5yz not. The server's own words name people."""
    if 500 <= code <= 599:
        return Permanent(f"{what}: {code}", code=str(code))
    if 400 <= code <= 499:
        return Temporary(f"{what} for now: {code}")
    return Unknown(f"{what}: {code}")


def _brief(error: Exception) -> str:
    code = getattr(error, "smtp_code", "")
    return f"{type(error).__name__} {code}".strip()


TRANSPORTS = [Smtp()]
