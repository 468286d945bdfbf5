"""The shop as a customer meets it: real processes, real sockets, and a worker that is killed."""

from __future__ import annotations

from tests.shop.whole_shop import kill_group
from tests.waiting import until

ANN = {"email": "ann@example.com", "password": "strongpass123"}

PLACE_ORDER = """
from apps.orders import services
from apps.products.models import Product
wanted = [services.Wanted(product, 1) for product in Product.objects.all()[:3]]
answer = services.place_order(User.objects.get(email="ann@example.com"), wanted).pk
"""

ASK_FOR_TOO_MUCH = """
from datetime import date
from apps.reports.tasks import generate_pdf_report
ann = User.objects.create_user("ann@example.com")
Order.objects.bulk_create([Order(user=ann, total=1) for _ in range(20_000)], batch_size=500)
report = Report.objects.create(user=ann, first_day=date(2020, 1, 1), last_day=date(2099, 1, 1))
generate_pdf_report.apply_async([report.pk], soft_time_limit=1, time_limit=30)
answer = report.pk
"""


def test_registering_delivers_the_mail_though_the_worker_is_killed_while_it_sends(shop):
    # The mail server takes the mail and never answers: the worker is killed in the middle of its task.
    shop.sandbox.break_vendors(smtp={"timeout": True, "times": 1})
    with shop.web(), shop.worker("first") as first:
        assert shop.post("/api/users/", ANN) == 201
        until(lambda: shop.sandbox.call("GET", "/faults").body["smtp"][0]["struck"] == 1)
        kill_group(first)

        with shop.worker("second"):
            mail = shop.sandbox.wait_for_mail_to("ann@example.com", within_seconds=60)

    assert mail["subject"] == "Welcome to the Hardy Shop"


def test_what_was_asked_for_without_workers_is_done_once_there_is_one(shop):
    with shop.web():
        assert shop.post("/api/users/", ANN) == 201
    order = shop.ask(PLACE_ORDER)

    with shop.worker():
        until(
            lambda: shop.ask(f"answer = Order.objects.get(pk={order}).status") == "shipped",
            otherwise=lambda: shop.log("worker"),
        )

    [charge] = shop.sandbox.call("GET", f"/gateway/charges?order={order}").body
    payment = shop.ask(f"answer = [Order.objects.get(pk={order}).payment.idempotency_key]")
    assert payment == [charge["idempotency_key"]]
    assert len(shop.sandbox.mail_to("ann@example.com")) == 2


def test_a_report_too_big_for_its_limit_leaves_nothing_behind_and_is_reported(shop):
    report = shop.ask(ASK_FOR_TOO_MUCH)

    with shop.worker():
        status = f"answer = Report.objects.get(pk={report}).status"
        until(lambda: shop.ask(status) == "failed", seconds=60, otherwise=lambda: shop.log("worker"))
        [event] = until(lambda: shop.sandbox.call("GET", "/sentry/events?type=SoftTimeLimitExceeded").body)

    assert list((shop.folder / "reports").iterdir()) == []
    assert event["contexts"]["celery"]["task_name"] == "reports.generate_pdf"
    assert event["contexts"]["celery"]["args"] == [report]
    assert "too big" in shop.ask(f"answer = Report.objects.get(pk={report}).error")
