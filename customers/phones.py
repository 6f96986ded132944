"""Phone numbers, however people write them."""

from phonenumber_field.phonenumber import to_python


def e164(text: str) -> str:
    """The number in E.164, such as +447451277972; "" when no country has it.

    Local numbers are read in PHONENUMBER_DEFAULT_REGION. A lost `+` is forgiven: in an address
    it means a blank.
    """
    for spelling in (text.strip(), f"+{text.strip()}"):
        number = to_python(spelling)
        if number and number.is_valid():
            return str(number.as_e164)
    return ""
