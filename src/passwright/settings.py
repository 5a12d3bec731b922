"""Django's settings, all from the environment (see `passwright.environment`)."""

from __future__ import annotations

from typing import Any

from psycopg.conninfo import conninfo_to_dict

from passwright.environment import Environment, WrongSetting, read_environment

__all__ = ["ENVIRONMENT", "HOME", "PUBLIC_URL", "Environment", "WrongSetting"]

ENVIRONMENT = read_environment()
HOME = ENVIRONMENT.home
PUBLIC_URL = ENVIRONMENT.public_url


def database(url: str) -> dict[str, Any]:
    """Django's database settings for a PostgreSQL URL (sockets by ``?host=/folder``)."""
    parts = {key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None}
    settings: dict[str, Any] = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", ""),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }
    settings["OPTIONS"] = {**parts}
    return settings


DATABASES = {"default": database(ENVIRONMENT.database_url)} if ENVIRONMENT.database_url else {}

DEBUG = False
SECRET_KEY = "not used: no cookie, session or form is signed with it"  # noqa: S105 - real secrets: passwright.secrets
ALLOWED_HOSTS = ["*"]
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
APPEND_SLASH = False
ROOT_URLCONF = "passwright.urls"
WSGI_APPLICATION = "passwright.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

INSTALLED_APPS = [
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    "passwright.data",
]
MIDDLEWARE: list[str] = []
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": False,
        "OPTIONS": {},
    }
]
STATIC_URL = "/static/"
