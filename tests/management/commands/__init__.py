"""One module a command; `tests` is an app in the settings of the suite alone."""
