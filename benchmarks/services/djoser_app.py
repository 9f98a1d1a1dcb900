"""The package djoser (users, passwords, tokens) on Django REST framework: `python djoser_app.py PORT`. The views are the package's own,
the contract (/schema/) is what drf-spectacular makes of them."""

import sys
from pathlib import Path

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="x" * 50,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": Path.cwd() / "users.sqlite3"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "rest_framework",
        "rest_framework.authtoken",
        "djoser",
        "drf_spectacular",
    ],
    EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    LOGGING_CONFIG=None,
    REST_FRAMEWORK={
        "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
        "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    },
    DJOSER={
        "PASSWORD_RESET_CONFIRM_URL": "p/{uid}/{token}",
        "USERNAME_RESET_CONFIRM_URL": "u/{uid}/{token}",
        "ACTIVATION_URL": "a/{uid}/{token}",
        "SEND_ACTIVATION_EMAIL": False,
    },
)
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.urls import include, path  # noqa: E402
from drf_spectacular.views import SpectacularJSONAPIView  # noqa: E402
from rest_framework.authtoken.models import Token  # noqa: E402

schema = SpectacularJSONAPIView.as_view(permission_classes=[], authentication_classes=[])
urlpatterns = [
    path("auth/", include("djoser.urls")),
    path("auth/", include("djoser.urls.authtoken")),
    path("schema/", schema),
]

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    Token.objects.create(key="reach", user=User.objects.create_superuser("reach", "reach@example.com", "reach-reach"))
    call_command("runserver", f"127.0.0.1:{sys.argv[1]}", "--noreload")
