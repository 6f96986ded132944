"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from core.observability import tracing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
tracing.start("web")
application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018 - read once before the workers fork, not at the first request
