"""How many SMS a text takes: 3GPP TS 23.038 (alphabets) and TS 23.040, 9.2.3.24 (concatenation).

`static/notifications/segments.js` counts the same way while staff type.
"""

from collections.abc import Iterable
from dataclasses import dataclass

# TS 23.038, 6.2.1: the default alphabet, without the escape to the table below.
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")  # 6.2.1.1: each takes two places
GSM_7, UCS_2 = "GSM-7", "UCS-2"
# encoding -> places in a message alone, and in each of several: the header takes six octets
PLACES = {GSM_7: (160, 153), UCS_2: (70, 67)}


@dataclass(frozen=True, slots=True)
class Count:
    """What a text takes: how many messages, of how many places in all, in which alphabet."""

    encoding: str
    places: int
    segments: int

    def __str__(self) -> str:
        messages = "1 SMS" if self.segments == 1 else f"{self.segments} SMS"
        return f"{messages} · {self.places} places · {self.encoding}"


def count(text: str) -> Count:
    """How many SMS this text takes. A character is never divided between two of them."""
    plain = all(char in BASIC or char in EXTENSION for char in text)
    encoding = GSM_7 if plain else UCS_2
    sizes = [_septets(char) if plain else len(char.encode("utf-16-be")) // 2 for char in text]
    alone, each = PLACES[encoding]
    places = sum(sizes)
    return Count(encoding, places, 1 if places <= alone else _parts(sizes, each))


def segments_of(channel: str, text: str) -> int:
    """How many SMS a message takes; one when it goes by another channel."""
    return count(text).segments if channel == "sms" else 1


def _septets(char: str) -> int:
    return 2 if char in EXTENSION else 1


def _parts(sizes: Iterable[int], each: int) -> int:
    parts, filled = 1, 0
    for size in sizes:
        if filled + size > each:
            parts, filled = parts + 1, 0
        filled += size
    return parts
