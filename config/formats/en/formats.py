"""Short, and by the 24-hour clock: a time is not mistaken, and fits a column."""

DATETIME_FORMAT = "j M Y, H:i"
TIME_FORMAT = "H:i"
