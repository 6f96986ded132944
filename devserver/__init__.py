"""What only a developer's machine needs: a database, a broker, secrets and one process for all;
called by settings and `manage.py dev`."""
