"""The web application, for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "passwright.settings")
django_application = get_wsgi_application()

from passwright.interfaces.apple.ahead import Phones  # noqa: E402 - its models need Django to be set up
from passwright.interfaces.public.downloads import Downloads  # noqa: E402 - likewise

application = Downloads(Phones(django_application))
