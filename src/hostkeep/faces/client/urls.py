"""Addresses of the client area, under /account/."""

from django.urls import path

from hostkeep.faces.client.add_ons import add_on_urls
from hostkeep.faces.client.addresses import address_urls
from hostkeep.faces.client.aligning import aligning_urls
from hostkeep.faces.client.changes import accept, changes
from hostkeep.faces.client.closed import closed_urls
from hostkeep.faces.client.closing import closing_urls
from hostkeep.faces.client.consents import consent_urls
from hostkeep.faces.client.content import content_urls
from hostkeep.faces.client.credit import credit_urls
from hostkeep.faces.client.dashboard import dashboard
from hostkeep.faces.client.exports import export_urls
from hostkeep.faces.client.held_records import held_records_urls
from hostkeep.faces.client.held_values import held_urls
from hostkeep.faces.client.invoices import invoice_urls
from hostkeep.faces.client.keys import key_urls
from hostkeep.faces.client.looked import looked_urls
from hostkeep.faces.client.methods import method_urls
from hostkeep.faces.client.objections import objection_urls
from hostkeep.faces.client.orders import order, orders
from hostkeep.faces.client.privacy import choose, privacy
from hostkeep.faces.client.profile import language, profile
from hostkeep.faces.client.security import end, end_everywhere, security
from hostkeep.faces.client.services import service_urls
from hostkeep.faces.client.statements import statement_urls
from hostkeep.faces.client.subscriptions import subscription_urls
from hostkeep.faces.client.together import together_urls
from hostkeep.faces.client.using import use_urls

urlpatterns = [
    path("", dashboard, name="dashboard"),
    path("orders/", orders, name="orders"),
    path("orders/<uuid:order_id>/", order, name="order"),
    path("profile/", profile, name="profile"),
    path("profile/language/", language, name="profile_language"),
    path("policy/", changes, name="policy_changes"),
    path("policy/accept/", accept, name="policy_accept"),
    path("privacy/", privacy, name="account_privacy"),
    path("privacy/messages/", choose, name="message_choices"),
    *address_urls,
    *closing_urls,
    *closed_urls,
    *consent_urls,
    *content_urls,
    *credit_urls,
    *export_urls,
    *held_urls,
    *held_records_urls,
    *looked_urls,
    *objection_urls,
    path("security/", security, name="security"),
    path("security/stays/<uuid:stay>/end/", end, name="end_stay"),
    path("security/end/", end_everywhere, name="end_everywhere"),
    *key_urls,
    *together_urls,
    *invoice_urls,
    *method_urls,
    *aligning_urls,
    *service_urls,
    *statement_urls,
    *subscription_urls,
    *add_on_urls,
    *use_urls,
]
