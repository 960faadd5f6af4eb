"""YooKassa's own SDK as a client of the sandbox. Each scenario does what a shop does, and checks every answer.

contract/sdk.rs runs it: client.py SCENARIO KNOWN, where KNOWN is JSON that the scenario compares with. The first three
scenarios need none, and can also be run on the sandbox of `cargo local up`, after eval "$(cargo local env)".
"""

import faulthandler
import json
import os
import sys
import uuid
from decimal import Decimal

import requests
from yookassa import Configuration, Payment, Refund
from yookassa.domain.exceptions import (
    BadRequestError,
    InternalServerError,
    NotFoundError,
    TooManyRequestsError,
    UnauthorizedError,
)
from yookassa.domain.notification import WebhookNotificationFactory
from yookassa.domain.notification.webhook_notification import RefundWebhookNotification
from yookassa.domain.response import PaymentResponse, RefundResponse


def expect(actual, expected, what):
    assert actual == expected, f"{what}: expected {expected!r}, got {actual!r}"


def refused(error, parameter, what, call):
    """The call raises `error`, which names `parameter`."""
    try:
        answer = call()
    except error as raised:
        expect(raised.error.parameter, parameter, f"{what}: the parameter of {raised.content}")
        assert raised.error.id and raised.error.description, f"{what}: incomplete: {raised.content}"
        return
    raise AssertionError(f"{what}: expected {error.__name__}, got {dict(answer)}")


def rubles(value):
    return {"value": value, "currency": "RUB"}


def item(name, quantity, price, **more):
    """An item with the four members that the API requires, and `more`."""
    return {"description": name, "quantity": quantity, "amount": rubles(price), "vat_code": 1, **more}


def receipt(*items):
    return {"customer": {"email": "buyer@shop.example"}, "items": list(items)}


def order(capture=True, description="Заказ № 17"):
    """300.50 in three items, whose quantities the SDK sends as the texts 2.0, 1.5 and 0.125."""
    subscription = item("Подписка", 2, "100.00", payment_subject="service", payment_mode="full_payment")
    return {
        "amount": rubles("300.50"),
        "capture": capture,
        "confirmation": {"type": "redirect", "return_url": "https://shop.example/thanks?a=1&b=2"},
        "description": description,
        "metadata": {"order": "17"},
        "receipt": receipt(subscription, item("Поддержка, ч", "1.5", "50.00"), item("Трафик, ТБ", 0.125, "204.00")),
    }


def key():
    return str(uuid.uuid4())


def pay(payment):
    """Presses the buyer's button, and reads the payment."""
    requests.post(f"{payment.confirmation.confirmation_url}/approve").raise_for_status()
    return Payment.find_one(payment.id)


def payments(_):
    """Creating, repeating, paying and reading; the classes of errors."""
    own = key()
    created = Payment.create(order(), own)
    expect(created.status, "pending", "status of a new payment")
    expect((created.paid, created.test, created.refundable), (False, True, False), "flags of a new payment")
    expect((created.amount.value, created.amount.currency), (Decimal("300.50"), "RUB"), "amount of a new payment")
    # The SDK adds a pair of its own.
    expect(created.metadata, {"order": "17", "cms_name": "yookassa_sdk_python"}, "metadata")
    expect(created.description, "Заказ № 17", "description")
    expect(created.recipient.account_id, Configuration.account_id, "recipient")
    expect(created.receipt_registration, "pending", "receipt of a new payment")
    expect(created.confirmation.type, "redirect", "confirmation")
    expect(created.confirmation.return_url, order()["confirmation"]["return_url"], "return URL")
    expect(dict(Payment.find_one(created.id)), dict(created), "the payment that is read")

    expect(dict(Payment.create(order(), own)), dict(created), "the payment of the same request and key")
    other = order(description="Заказ № 18")
    refused(BadRequestError, "Idempotence-Key", "the key of another request", lambda: Payment.create(other, own))
    assert Payment.create(order(), key()).id != created.id, "another key makes another payment"

    paid = pay(created)
    expect((paid.status, paid.paid, paid.refundable), ("succeeded", True, True), "a paid payment")
    expect(paid.receipt_registration, "succeeded", "receipt of a paid payment")
    assert paid.captured_at and not paid.confirmation, f"a paid payment: {dict(paid)}"
    expect(dict(Payment.create(order(), own)), dict(paid), "the same request and key after paying")

    wrong = order()
    wrong["receipt"]["items"][0]["quantity"] = 3
    refused(BadRequestError, "receipt.items", "a receipt of another sum", lambda: Payment.create(wrong, key()))
    refused(NotFoundError, "payment_id", "an unknown payment", lambda: Payment.find_one(key()))
    failing, own = order(description="sandbox:500 sandbox:429"), key()
    refused(InternalServerError, None, "a failure", lambda: Payment.create(failing, own))
    refused(TooManyRequestsError, None, "too many requests", lambda: Payment.create(failing, own))
    expect(Payment.create(failing, own).status, "pending", "status of the payment of the third attempt")
    secret, Configuration.secret_key = Configuration.secret_key, "wrong"
    refused(UnauthorizedError, "Authorization", "a wrong secret", lambda: Payment.find_one(created.id))
    Configuration.secret_key = secret


def holding(_):
    """Payments in two stages: captured in full and in part, and cancelled."""
    held = pay(Payment.create(order(capture=False), key()))
    expect((held.status, held.paid, held.refundable), ("waiting_for_capture", True, False), "a held payment")
    assert held.expires_at and not held.captured_at, f"a held payment: {dict(held)}"
    own = key()
    taken = Payment.capture(held.id, idempotency_key=own)
    expect((taken.status, taken.amount.value), ("succeeded", Decimal("300.50")), "a payment captured in full")
    expect(taken.receipt_registration, "succeeded", "its receipt")
    expect(dict(Payment.capture(held.id, idempotency_key=own)), dict(taken), "the same capture and key")
    refused(BadRequestError, "payment_id", "a second capture", lambda: Payment.capture(held.id))
    refused(BadRequestError, "payment_id", "cancelling a captured payment", lambda: Payment.cancel(held.id))

    held = pay(Payment.create(order(capture=False), key()))
    part = {"amount": rubles("150.00"), "receipt": receipt(item("Подписка", 1.5, "100.00"))}
    too_much = {"amount": rubles("300.51"), "receipt": receipt(item("Подписка", 1, "300.51"))}
    refused(BadRequestError, "amount", "capturing too much", lambda: Payment.capture(held.id, too_much))
    bare = {"amount": rubles("150.00")}
    refused(BadRequestError, "receipt", "a part without a receipt", lambda: Payment.capture(held.id, bare))
    taken = Payment.capture(held.id, part)
    expect((taken.status, taken.amount.value), ("succeeded", Decimal("150.00")), "a payment captured in part")

    pending = Payment.create(order(capture=False), key())
    refused(BadRequestError, "payment_id", "cancelling a pending payment", lambda: Payment.cancel(pending.id))
    held, own = pay(pending), key()
    cancelled = Payment.cancel(held.id, own)
    expect((cancelled.status, cancelled.paid), ("canceled", False), "a cancelled payment")
    details = cancelled.cancellation_details
    expect((details.party, details.reason), ("merchant", "canceled_by_merchant"), "who cancelled it, and why")
    expect(dict(Payment.cancel(held.id, own)), dict(cancelled), "the same cancellation and key")
    refused(BadRequestError, "payment_id", "a second cancellation", lambda: Payment.cancel(held.id))


def refunds(_):
    """Giving back a part, with a receipt, and then the rest."""
    paid = pay(Payment.create(order(), key()))
    request = {
        "payment_id": paid.id,
        "amount": rubles("100.25"),
        "description": "Не подошло",
        "metadata": {"order": "17"},
        "receipt": receipt(item("Подписка", "0.5", "200.50")),
    }
    own = key()
    made = Refund.create(request, own)
    expect((made.status, made.payment_id), ("succeeded", paid.id), "a refund")
    expect((made.amount.value, made.amount.currency), (Decimal("100.25"), "RUB"), "its amount")
    expect((made.description, made.metadata), ("Не подошло", {"order": "17"}), "its texts")
    expect(made.receipt_registration, "succeeded", "its receipt")
    expect(dict(Refund.find_one(made.id)), dict(made), "the refund that is read")
    expect(dict(Refund.create(request, own)), dict(made), "the refund of the same request and key")
    other = {**request, "description": "Передумал"}
    refused(BadRequestError, "Idempotence-Key", "the key of another refund", lambda: Refund.create(other, own))
    after = Payment.find_one(paid.id)
    expect((after.status, after.refunded_amount.value), ("succeeded", Decimal("100.25")), "the payment")

    rest = {"payment_id": paid.id, "amount": rubles("200.26")}
    refused(BadRequestError, "amount", "refunding too much", lambda: Refund.create(rest))
    rest["amount"] = rubles("200.25")
    Refund.create(rest)
    expect(Payment.find_one(paid.id).refundable, False, "whether more can be refunded after the rest")
    refused(NotFoundError, "refund_id", "an unknown refund", lambda: Refund.find_one(key()))
    unpaid = {**request, "payment_id": Payment.create(order(), key()).id}
    refused(BadRequestError, "payment_id", "refunding an unpaid payment", lambda: Refund.create(unpaid))


def all_pages(collection, **filters):
    """The list in pages of two, as the cursor leads through it."""
    found, query = [], {**filters, "limit": 2}
    while True:
        page = collection.list(query)
        expect(page.type, "list", "type of a list")
        found += page.items
        if not page.next_cursor:
            return found
        expect(len(page.items), 2, "length of a page that is not the last one")
        # A cursor that leads in circles must not keep the test from ending.
        assert len(found) < 1000, "the list does not end"
        query["cursor"] = page.next_cursor


def lists(known):
    """Lists of what the test has made: in pages, and by each filter. `known` has the IDs, newest first."""
    for name, collection in (("payments", Payment), ("refunds", Refund)):
        everything = all_pages(collection)
        expect([one.id for one in everything], known[name], f"all {name}")
        expect([dict(one) for one in everything], [dict(collection.find_one(one.id)) for one in everything], name)
        middle = everything[len(everything) // 2].created_at
        filters = [
            ("created_at.gte", middle, lambda one: one.created_at >= middle),
            ("created_at.gt", middle, lambda one: one.created_at > middle),
            ("created_at.lte", middle, lambda one: one.created_at <= middle),
            ("created_at.lt", middle, lambda one: one.created_at < middle),
        ]
        for status in {one.status for one in everything}:
            filters.append(("status", status, lambda one, status=status: one.status == status))
        for payment in known["payments"] if collection is Refund else []:
            filters.append(("payment_id", payment, lambda one, payment=payment: one.payment_id == payment))
        for member, value, holds in filters:
            expected = [one.id for one in everything if holds(one)]
            assert len(expected) < len(everything), f"{member}={value} would leave nothing out: it tests nothing"
            found = [one.id for one in all_pages(collection, **{member: value})]
            expect(found, expected, f"{name} with {member}={value}")
        # The ends of a range, and a status in it.
        ends = {"created_at.gte": everything[-2].created_at, "created_at.lt": everything[0].created_at}
        expected = [one.id for one in everything[1:-1] if one.status == "succeeded"]
        assert expected, f"no {name} have succeeded in the range: it tests nothing"
        found = [one.id for one in all_pages(collection, status="succeeded", **ends)]
        expect(found, expected, f"{name} with status=succeeded and {ends}")
    refused(BadRequestError, "limit", "a page of 101", lambda: Payment.list({"limit": 101}))


def notifications(bodies):
    """What the sandbox has sent, read as the SDK reads it. `bodies` has them by their events."""
    for event, body in bodies.items():
        expect(body["event"], event, "event in the body")
        notification = WebhookNotificationFactory().create(body)
        expect((notification.type, notification.event), ("notification", event), "the notification")
        kind, status = event.split(".")
        of_refund = kind == "refund"
        expect(isinstance(notification, RefundWebhookNotification), of_refund, f"class for {event}")
        one = notification.object
        expect(type(one), RefundResponse if of_refund else PaymentResponse, f"class of the object of {event}")
        expect(one.status, status, f"status in {event}")
        # As the provider advises: what a notification says is compared with what the API says.
        present = (Refund if of_refund else Payment).find_one(one.id)
        expect(one.amount.value, present.amount.value, f"amount in {event}")
        expect(one.created_at, present.created_at, f"time in {event}")
        # The payment has been captured since.
        expected = "succeeded" if status == "waiting_for_capture" else status
        expect(present.status, expected, f"present status after {event}")


SCENARIOS = {scenario.__name__: scenario for scenario in (payments, holding, refunds, lists, notifications)}

if __name__ == "__main__":
    # The SDK waits for an answer without end: this ends it, and prints where.
    faulthandler.dump_traceback_later(60, exit=True)
    name, known = sys.argv[1], json.loads(sys.argv[2] if len(sys.argv) > 2 else "null")
    Configuration.configure(
        os.environ["PAYMENT_SHOP_ID"], os.environ["PAYMENT_SECRET_KEY"], api_url=os.environ["PAYMENT_API_URL"]
    )
    SCENARIOS[name](known)
