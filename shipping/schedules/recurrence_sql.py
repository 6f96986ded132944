"""The calendar of `recurrence.py` in SQL, for a schedule `c` with `interval`, `anchor` and `base`,
its anchor's occurrence."""


def day_sql(number: str) -> str:
    """The day of an occurrence, as `recurrence.Recurrence.date_of` says."""
    steps = f"({number} - c.base)"
    return (
        f"(CASE c.interval WHEN 'weekly' THEN c.anchor + 7 * {steps} "
        f"ELSE (c.anchor + {steps} * interval '1 month')::date END)"
    )


def last_on_or_before_sql(day: str) -> str:
    """The number of the last occurrence on or before a day, even one before the anchor."""
    months = (
        f"((date_part('year', {day}) - date_part('year', c.anchor)) * 12"
        f" + date_part('month', {day}) - date_part('month', c.anchor))"
    )
    return (
        f"(c.base + CASE c.interval WHEN 'weekly' THEN floor(({day} - c.anchor) / 7.0)::int "
        f"ELSE {months}::int - ((c.anchor + {months} * interval '1 month')::date > {day})::int END)"
    )
