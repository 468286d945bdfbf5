"""The measured project: the same tasks and settings for every stack; only the app's class and addresses differ."""

from benchmarks.project.celery import app as celery_app

__all__ = ("celery_app",)
