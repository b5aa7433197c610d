"""Links to pay a document can be taken back."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """One table."""

    dependencies = [("billing", "0024_notices_taken")]

    operations = [
        migrations.CreateModel(
            "PayLinksRevoked",
            [
                ("invoice", models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name="+",
                    serialize=False, to="billing.invoice",
                )),
                ("mark", models.UUIDField(default=uuid.uuid4)),
                ("revoked_at", models.DateTimeField()),
            ],
        )
    ]
