"""Where an address needs a postcode, and where there is none to give.

After the Universal Postal Union's address systems (https://www.upu.int/en/Postal-Solutions/
Programmes-Services/Addressing-Solutions): countries without postcodes, or where few people use
theirs. In doubt a country is left out, so that its postcode is asked for.
"""

_CODES = """
AE AG AO AW BF BI BJ BO BQ BS BW BZ CD CF CG CI CK CM CW DJ DM ER FJ GA GD GH GM GQ GY HK IE JM KI
KM KN KP LC LY ML MO MR MW NR NU PA QA RW SB SC SL SR SS ST SX SY TD TF TG TK TL TO TT TV UG VU YE
ZW
"""
OPTIONAL = frozenset(_CODES.split())


def needs_postcode(country: str) -> bool:
    """Whether parcels to this country are refused without one."""
    return country not in OPTIONAL
