"""Addresses of the demo, on the operator's host; without HOSTKEEP_DEMO=1 none of them exists."""

from django.urls import path

from hostkeep.faces.demo.index import index
from hostkeep.faces.demo.mail import mail_urls
from hostkeep.faces.demo.pay import pay_urls
from hostkeep.faces.demo.pay_api import pay_api_urls

urlpatterns = [path("", index, name="demo_index"), *mail_urls, *pay_urls, *pay_api_urls]
