import pytest

from notifications.tests.factories import sent


@pytest.mark.django_db
@pytest.mark.parametrize("channel", ["sms", "email"])
def test_the_console_shows_what_it_takes(channel, settings, capsys):
    settings.SMS_PROVIDER = settings.EMAIL_PROVIDER = ["console"]
    row = sent(channel)
    assert row.state == "sent"
    title = "A message for you\n" if channel == "email" else ""
    assert capsys.readouterr().out == f"--- {channel} to {row.recipient}\n{title}Hello\n"
