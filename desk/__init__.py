"""The staff's workplace, and the commands above all apps; called by nobody."""
