"""Django's settings, all from the environment (see `passwright.environment`)."""

from __future__ import annotations

import hashlib
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from psycopg.conninfo import conninfo_to_dict

from passwright.environment import Environment, WrongSetting, read_environment

__all__ = ["ENVIRONMENT", "HOME", "PUBLIC_URL", "Environment", "WrongSetting"]

ENVIRONMENT = read_environment()
HOME = ENVIRONMENT.home
PUBLIC = Path(__file__).parent / "interfaces" / "public"
MAIL = Path(__file__).parent / "interfaces" / "mail"
PUBLIC_URL = ENVIRONMENT.public_url


WEB_LIMITS = "-c statement_timeout=30s -c idle_in_transaction_session_timeout=60s"
"""For connections of the web process: nobody waits longer for a page, and what is stuck holds no lock for ever.

A worker's statements and a migration's may take as long as they need."""


def database(url: str) -> dict[str, Any]:
    """Django's database settings for a PostgreSQL URL (sockets by ``?host=/folder``)."""
    parts = {key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None}
    settings: dict[str, Any] = {
        "ENGINE": "passwright.data.postgresql",
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


def content_digest(folders: list[Path]) -> str:
    """Twelve hex digits that change with any file: part of static addresses, which may then be kept for ever."""
    digest = hashlib.sha256()
    for folder in folders:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            digest.update(f"{file.relative_to(folder)}\0{file.stat().st_size}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def never_guess_the_type(headers: MutableMapping[str, str], path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"


DEBUG = False
SECRET_KEY = "not used: no cookie, session or form is signed with it"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("pt", "Português"), ("de", "Deutsch"), ("es", "Español"), ("fr", "Français")]
LOCALE_PATHS = [PUBLIC / "locale", MAIL / "locale"]
APPEND_SLASH = False
ROOT_URLCONF = "passwright.urls"
WSGI_APPLICATION = "passwright.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 6_000
DATA_UPLOAD_MAX_NUMBER_FILES = 20

INSTALLED_APPS = [
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    "passwright.data",
]
MIDDLEWARE = ["whitenoise.middleware.WhiteNoiseMiddleware"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PUBLIC / "templates", MAIL / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {"builtins": ["passwright.interfaces.public.words"]},
    }
]
STATICFILES_DIRS = [PUBLIC / "static"]
WHITENOISE_STATIC_PREFIX = f"/static/{content_digest(STATICFILES_DIRS)}/"
STATIC_URL = urlsplit(PUBLIC_URL).path + WHITENOISE_STATIC_PREFIX
WHITENOISE_USE_FINDERS = True
WHITENOISE_IMMUTABLE_FILE_TEST = "^/static/"
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_ADD_HEADERS_FUNCTION = never_guess_the_type
