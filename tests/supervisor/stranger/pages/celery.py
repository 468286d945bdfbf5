from __future__ import annotations

from hardy import Celery

app = Celery("pages")
app.config_from_object("django.conf:settings", namespace="CELERY")


@app.task(name="pages.write_file")
def write_file(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)
