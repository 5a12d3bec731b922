from django.apps import AppConfig


class DataConfig(AppConfig):
    name = "passwright.data"
    label = "data"
    default_auto_field = "django.db.models.BigAutoField"
