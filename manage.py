#!/usr/bin/env python
"""Django's command line for Dosette."""

import os
import sys


def main() -> None:
    """Run a management command on the development settings unless told otherwise."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
