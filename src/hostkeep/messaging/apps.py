"""The messaging room."""

from django.apps import AppConfig


class MessagingRoom(AppConfig):
    """Mail out, streams and preferences."""

    name = "hostkeep.messaging"
    label = "messaging"
