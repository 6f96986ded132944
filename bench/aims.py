"""What each job is to reach: the aims of which the table says pass or fail."""

import re
from collections.abc import Sequence

from bench.report import Aim, Row

AIMS: dict[str, Sequence[Aim]] = {
    "P1": (
        Aim("≥ 3 × naive", lambda row: row.to_naive, least=3),
        Aim("≤ 5 statements", lambda row: row.of("statements"), most=5.05),
        Aim("≤ 3.5 ms of Python", lambda row: row.of("python"), most=3.5),
        Aim("p99 ≤ 100 ms", lambda row: row.of("p99"), most=100),
    ),
    "P2": (
        Aim("≥ 40 × naive", lambda row: row.to_naive, least=40),
        Aim("≤ 3 statements", lambda row: row.of("statements"), most=3.05),
    ),
    "P2 list 50 of 10,000 orders, naive with prefetch": (),
    "P2 list 50 of 1,000,000 orders, naive with prefetch": (),
    "P3": (
        Aim("≥ 3 × naive", lambda row: row.to_naive, least=3),
        Aim("≤ 2 statements", lambda row: row.of("statements"), most=2.05),
        Aim("p99 ≤ 50 ms", lambda row: row.of("p99"), most=50),
    ),
    "P4 schedule": (Aim("≥ 15,000/s", lambda row: row.value, least=15_000),),
    "P4 two": (Aim("≥ 1.7 × one", lambda row: row.to_limit, least=1.7),),
    "P5 parcels, 50": (Aim("≥ 850/s: 85 % of latency", lambda row: row.value, least=850),),
    "P5 parcels, 200": (Aim("≥ 60 % of the client", lambda row: row.to_limit, least=0.6),),
    "P5 messages": (Aim("≥ 85 % of the client", lambda row: row.to_limit, least=0.85),),
    "P6": (Aim("≥ 50 % of COPY", lambda row: row.to_limit, least=0.5),),
    "P7 list": (
        Aim("≤ 30 ms", lambda row: row.value, most=30),
        Aim("≤ 4 statements", lambda row: row.of("statements"), most=4.05),
    ),
    "P7 list by name": (
        Aim("≤ 60 ms", lambda row: row.value, most=60),
        Aim("≤ 4 statements", lambda row: row.of("statements"), most=4.05),
    ),
    "P7 change page": (Aim("≤ 60 ms", lambda row: row.value, most=60),),
    "P7 start page": (Aim("≤ 60 ms", lambda row: row.value, most=60),),
    "P7 search": (Aim("≤ 100 ms", lambda row: row.value, most=100),),
    **{
        f"P7 {name}": (Aim("≤ 60 ms", lambda row: row.value, most=60),)
        for name in ("customers", "shipments", "messages", "exceptions")
    },
    "P9": (Aim("≤ 20 ms", lambda row: row.value, most=20),),
    "P10 web": (Aim("≤ 130 MB", lambda row: row.value, most=130),),
}


def aims(job: str) -> Sequence[Aim]:
    """Those of a job, by the words that its name begins with; the longest of them count."""
    known = [name for name in AIMS if re.match(rf"{re.escape(name)}\b", job)]
    return AIMS[max(known, key=len)] if known else ()


def reached(rows: Sequence[Row]) -> tuple[int, int]:
    """How many aims the rows reach, and how many they have."""
    said = [aim.said(row) for row in rows for aim in aims(row.job)]
    return sum(text.startswith("pass") for text in said), len(said)
