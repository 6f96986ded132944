"""The documented limits of a shipment request (requirement C1), as the provider holds them."""

import re
from typing import Any, NamedTuple

SERVICES = ("standard", "express")
ADDRESS = {"recipient": 35, "line_1": 35, "line_2": 35, "city": 35, "postcode": 35, "country": 2}
MAY_BE_EMPTY = {"delivery_address.line_2"}  # many addresses have one line only

# After the Universal Postal Union.
_CODES = """
AE AG AO AQ AW BF BI BJ BO BQ BS BV BW BZ CD CF CG CI CK CM CW DJ DM ER FJ GA GD GH GM GQ GY HK IE
JM KI KM KN KP LC LY ML MO MR MS MW NR NU PA PS QA RW SB SC SL SR SS ST SX SY TD TF TG TK TL TO TT
TV UG VU WS YE ZW
"""
NO_POSTCODE = frozenset(_CODES.split())


class Violation(NamedTuple):
    """What is wrong with which field; the message never repeats the value."""

    code: str
    field: str
    message: str


class _RefusedError(Exception):
    def __init__(self, code: str, field: str, message: str) -> None:
        self.violation = Violation(code, field, f"{field} {message}")


def violation_of(body: dict[str, Any]) -> Violation | None:
    """The first rule that a shipment request breaks, or None."""
    try:
        _check(body)
    except _RefusedError as refused:
        return refused.violation
    return None


def _check(body: dict[str, Any]) -> None:
    _keys(body, "", ("order_id", "delivery_service", "items", "delivery_address"))
    _text(body["order_id"], "order_id", 35)
    if body["delivery_service"] not in SERVICES:
        raise _RefusedError(
            "not_a_choice", "delivery_service", f"must be one of {', '.join(SERVICES)}"
        )
    if not isinstance(body["items"], list) or not body["items"]:
        raise _RefusedError("wrong_type", "items", "must be a list with at least one item")
    for number, item in enumerate(body["items"]):
        _check_item(item, f"items[{number}]")
    _check_address(body["delivery_address"])


def _check_item(item: Any, field: str) -> None:
    _keys(item, f"{field}.", ("item_id", "quantity", "weight"))
    _text(item["item_id"], f"{field}.item_id", 35)
    _whole(item["quantity"], f"{field}.quantity", 1)
    _whole(item["weight"], f"{field}.weight", 0)


def _check_address(address: Any) -> None:
    _keys(address, "delivery_address.", tuple(ADDRESS))
    for name, longest in ADDRESS.items():
        if name == "postcode" and not address[name] and address["country"] in NO_POSTCODE:
            continue
        _text(address[name], f"delivery_address.{name}", longest)
    if not re.fullmatch("[A-Z]{2}", address["country"]):
        raise _RefusedError(
            "not_a_choice", "delivery_address.country", "must be two capital letters"
        )


def _keys(value: Any, prefix: str, names: tuple[str, ...]) -> None:
    if not isinstance(value, dict):
        raise _RefusedError("wrong_type", prefix.rstrip("."), "must be an object")
    for name in names:
        if name not in value:
            raise _RefusedError("required", prefix + name, "is missing")
    for name in value:
        if name not in names:
            raise _RefusedError(
                "unknown_field", f"{prefix}{name}", "is not a field of this contract"
            )


def _text(value: Any, field: str, longest: int) -> None:
    if not isinstance(value, str):
        raise _RefusedError("wrong_type", field, "must be a string")
    if not value.strip() and field not in MAY_BE_EMPTY:
        raise _RefusedError("blank", field, "must not be empty")
    if len(value) > longest:
        raise _RefusedError("too_long", field, f"must have at most {longest} characters")


def _whole(value: Any, field: str, least: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _RefusedError("wrong_type", field, "must be a whole number")
    if value < least:
        raise _RefusedError("too_small", field, f"must be at least {least}")
