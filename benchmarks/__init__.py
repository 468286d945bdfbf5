"""The figures of hardy beside stock Celery, measured in one run with whole processes: ``make bench``."""
