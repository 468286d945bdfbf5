"""The API against its own schema: schemathesis asks everything, and finds nothing."""

from __future__ import annotations

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from rest_framework.authtoken.models import Token
from schemathesis.specs.openapi.checks import positive_data_acceptance

from config import celery_app
from config.wsgi import application

pytestmark = pytest.mark.django_db

schema = schemathesis.openapi.from_wsgi("/api/schema/", application)


@pytest.fixture
def token(staff, paid_order, pending_order, tmp_path):
    """The staff's, who may do most; tasks are only asked for, not run."""
    celery_app.conf.task_always_eager = False
    # A request may close the connection, and the test's transaction with it; Django's own client prevents it.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield Token.objects.create(user=staff).key
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
    celery_app.conf.task_always_eager = True


@schema.parametrize()
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_nothing_unexpected_is_answered_to_staff(case, token):
    # What a schema can't say: that a password is too plain, or that there is no such product.
    beyond_schema = [positive_data_acceptance] if case.method == "POST" else []

    case.call_and_validate(headers={"Authorization": f"Token {token}"}, excluded_checks=beyond_schema)


def test_the_page_needs_nothing_from_elsewhere(client):
    page = client.get("/api/").content.decode()

    assert "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js" in page
    assert "https://" not in page.replace("https://github.com/tfranzel", "")


def test_the_schema_is_valid_and_complete(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))

    assert (tmp_path / "schema.yml").stat().st_size > 0
