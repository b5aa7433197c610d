"""A service may be changed while it runs."""

from django.db import migrations, models

VERBS = ["create", "suspend", "resume", "terminate", "renew", "change"]


class Migration(migrations.Migration):
    """One more verb."""

    dependencies = [("provisioning", "0001_initial")]

    operations = [
        migrations.RemoveConstraint(model_name="action", name="action_verb_known"),
        migrations.AddConstraint(
            model_name="action",
            constraint=models.CheckConstraint(
                condition=models.Q(verb__in=VERBS), name="action_verb_known"
            ),
        ),
    ]
