"""Real processes that die, freeze, hang or have a wrong clock."""
