"""The first page of the admin: what waits for whom, and the figures of days. Called by the theme
(`page`) and by `desk/sweeper.py` (`rollup`)."""
