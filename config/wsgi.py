"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from core import tracing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
tracing.start("web")
application = get_wsgi_application()
