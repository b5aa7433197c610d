"""Addresses of the back office, under /staff/ on the operator's host."""

from django.urls import path

from hostkeep.faces.staff.accounts import account_urls
from hostkeep.faces.staff.add_ons import add_on_urls
from hostkeep.faces.staff.books import book_urls
from hostkeep.faces.staff.credit import credit_urls
from hostkeep.faces.staff.desk import desk, parked_list, retry, retry_call, retry_renewal
from hostkeep.faces.staff.disputes import dispute_urls
from hostkeep.faces.staff.documents import document_urls
from hostkeep.faces.staff.dunning import dunning_urls
from hostkeep.faces.staff.held_orders import held_order_urls
from hostkeep.faces.staff.holds import hold_urls
from hostkeep.faces.staff.keys import key_urls
from hostkeep.faces.staff.one_off import one_off_urls
from hostkeep.faces.staff.orders import order, orders
from hostkeep.faces.staff.payments import payment_urls
from hostkeep.faces.staff.people import people_urls
from hostkeep.faces.staff.policies import policy_urls
from hostkeep.faces.staff.prices import price_urls
from hostkeep.faces.staff.promises import promise_urls
from hostkeep.faces.staff.promos import promo_urls
from hostkeep.faces.staff.refunds import refund_urls
from hostkeep.faces.staff.reports import report_urls
from hostkeep.faces.staff.services import service_urls
from hostkeep.faces.staff.statements import statement_urls
from hostkeep.faces.staff.subscriptions import subscription_urls
from hostkeep.faces.staff.tasks import task_urls
from hostkeep.faces.staff.using import use_urls

urlpatterns = [
    path("", desk, name="staff_desk"),
    path("orders/", orders, name="staff_orders"),
    path("orders/<uuid:order_id>/", order, name="staff_order"),
    path("parked/", parked_list, name="staff_parked"),
    path("parked/<uuid:delivery>/retry/", retry, name="staff_parked_retry"),
    path("parked/calls/<slug:brand>/<uuid:notice>/retry/", retry_call, name="staff_call_retry"),
    path("parked/renewals/<uuid:subscription_id>/retry/", retry_renewal, name="staff_renewal_retry"),
    *account_urls,
    *add_on_urls,
    *book_urls,
    *credit_urls,
    *statement_urls,
    *dispute_urls,
    *document_urls,
    *dunning_urls,
    *held_order_urls,
    *hold_urls,
    *key_urls,
    *one_off_urls,
    *payment_urls,
    *people_urls,
    *policy_urls,
    *price_urls,
    *promise_urls,
    *promo_urls,
    *refund_urls,
    *report_urls,
    *service_urls,
    *subscription_urls,
    *task_urls,
    *use_urls,
]
