"""Snippets and their authors, as a Django REST framework application whose contract drf-spectacular writes. One module, SQLite
in the working folder: `python django_app.py 8000`."""

from __future__ import annotations

import sys

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "snippets.sqlite3"}},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework", "drf_spectacular"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    REST_FRAMEWORK={
        "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "PAGE_SIZE": 10,
    },
    SPECTACULAR_SETTINGS={"TITLE": "Snippets", "VERSION": "1", "SERVE_INCLUDE_SCHEMA": False},
)
django.setup()

from django.core.management import execute_from_command_line  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.urls import include, path  # noqa: E402
from drf_spectacular.views import SpectacularJSONAPIView  # noqa: E402
from rest_framework import routers, serializers, viewsets  # noqa: E402


class Author(models.Model):
    name = models.CharField(max_length=40, unique=True)
    email = models.EmailField(blank=True)

    class Meta:
        app_label = "snippets"
        ordering = ("id",)


class Snippet(models.Model):
    created = models.DateTimeField(auto_now_add=True)
    title = models.CharField(max_length=100, blank=True, default="")
    code = models.TextField()
    linenos = models.BooleanField(default=False)
    language = models.CharField(choices=[("python", "Python"), ("ruby", "Ruby")], default="python", max_length=20)
    author = models.ForeignKey(Author, related_name="snippets", on_delete=models.CASCADE)

    class Meta:
        app_label = "snippets"
        ordering = ("id",)


class AuthorSerializer(serializers.ModelSerializer):
    class Meta:
        model = Author
        fields = ("id", "name", "email")


class SnippetSerializer(serializers.ModelSerializer):
    class Meta:
        model = Snippet
        fields = ("id", "created", "title", "code", "linenos", "language", "author")


class AuthorViewSet(viewsets.ModelViewSet):
    queryset = Author.objects.all()
    serializer_class = AuthorSerializer


class SnippetViewSet(viewsets.ModelViewSet):
    queryset = Snippet.objects.all()
    serializer_class = SnippetSerializer


router = routers.DefaultRouter()
router.register("authors", AuthorViewSet)
router.register("snippets", SnippetViewSet)
urlpatterns = [path("api/", include(router.urls)), path("schema/", SpectacularJSONAPIView.as_view(), name="schema")]


if __name__ == "__main__":
    with connection.schema_editor() as editor:
        editor.create_model(Author)
        editor.create_model(Snippet)
    execute_from_command_line(["manage", "runserver", f"127.0.0.1:{sys.argv[1]}", "--noreload", "--skip-checks"])
