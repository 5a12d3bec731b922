"""The web application, for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "passwright.settings")
django_application = get_wsgi_application()

from passwright.interfaces.apple.ahead import Phones  # noqa: E402 - its models need Django to be set up
from passwright.interfaces.public.downloads import Downloads  # noqa: E402 - likewise
from passwright.interfaces.vital_signs.answers import Application  # noqa: E402
from passwright.interfaces.vital_signs.application import VitalSigns  # noqa: E402
from passwright.interfaces.vital_signs.measured import Measured  # noqa: E402
from passwright.settings import ENVIRONMENT  # noqa: E402

application: Application = Downloads(Phones(django_application))
if ENVIRONMENT.counts:
    application = Measured(application)
application = VitalSigns(application)
