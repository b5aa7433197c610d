"""Every id under which a movement stands in bank files, and movements of which nobody knows whether they are booked."""

import uuid

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Two tables."""

    dependencies = [("billing", "0021_findings_of_an_account")]

    operations = [
        migrations.CreateModel(
            name="Doubt",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("brand", models.CharField(max_length=32)),
                ("gateway", models.CharField(max_length=32)),
                ("proof", models.CharField(max_length=140)),
                ("minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("booked_on", models.DateField()),
                ("reference", models.CharField(blank=True, max_length=25)),
                ("state", models.CharField(default="waiting", max_length=8)),
                ("seen_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="doubts", to="billing.payment"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("gateway", "proof"), name="one_doubt_a_proof"),
                    models.CheckConstraint(
                        condition=Q(state__in=["waiting", "same", "second"]), name="doubt_state_known"
                    ),
                    models.CheckConstraint(condition=Q(minor__gt=0), name="doubt_is_something"),
                    models.CheckConstraint(
                        condition=Q(state="waiting", decided_at=None)
                        | (~Q(state="waiting") & Q(decided_at__isnull=False)),
                        name="doubt_decided_once",
                    ),
                ],
                "indexes": [
                    models.Index(fields=["seen_at"], name="doubt_waiting", condition=Q(state="waiting"))
                ],
            },
        ),
        migrations.CreateModel(
            name="BankId",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=8)),
                ("proof", models.CharField(max_length=140)),
                (
                    "payment",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="bank_ids",
                        to="billing.payment",
                    ),
                ),
                (
                    "doubt",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="bank_ids",
                        to="billing.doubt",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("payment", "proof"), name="one_bank_id_a_payment"),
                    models.UniqueConstraint(fields=("doubt", "proof"), name="one_bank_id_a_doubt"),
                    models.CheckConstraint(
                        condition=Q(payment__isnull=False, doubt=None) | Q(payment=None, doubt__isnull=False),
                        name="bank_id_of_one_movement",
                    ),
                ],
                "indexes": [models.Index(fields=["proof"], name="bank_id_proof")],
            },
        ),
    ]
