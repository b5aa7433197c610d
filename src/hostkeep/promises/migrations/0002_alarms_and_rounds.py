"""Alarms, opened and closed; rounds and how far they came."""

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("promises", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Alarm",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("brand", models.CharField(max_length=32)),
                ("clause", models.CharField(blank=True, max_length=16)),
                ("kind", models.CharField(max_length=32)),
                ("value", models.CharField(blank=True, max_length=200)),
                ("entry", models.BigIntegerField(null=True, unique=True)),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                ("closed_by", models.CharField(blank=True, max_length=64)),
                ("matched_by", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "indexes": [models.Index(fields=["-opened_at"], name="alarm_newest")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at", None), ("kind", "broken")),
                        fields=("brand", "clause"),
                        name="one_open_alarm_a_light",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("closed_at", None), ("closed_at__gte", models.F("opened_at")), _connector="OR"
                        ),
                        name="alarm_closed_after_opened",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Round",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("brand", models.CharField(max_length=32)),
                ("begun_at", models.DateTimeField()),
                ("checks", models.PositiveSmallIntegerField()),
                ("done", models.PositiveSmallIntegerField(default=0)),
            ],
            options={"indexes": [models.Index(fields=["brand", "-begun_at"], name="round_newest")]},
        ),
    ]
