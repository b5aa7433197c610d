"""What finds attempts that still say what their gateway calls them.

Made beside a house that runs; what a killed attempt at it left behind is dropped first.
"""

from django.db import migrations, models
from django.db.models import Q

DROP = "DROP INDEX CONCURRENTLY IF EXISTS attempt_named"
MAKE = (
    "CREATE INDEX CONCURRENTLY attempt_named ON billing_paymentattempt (created_at)"
    " WHERE NOT (handle = '') OR NOT (visit = '')"
)
NAMED = models.Index(fields=["created_at"], name="attempt_named", condition=~Q(handle="") | ~Q(visit=""))


class Migration(migrations.Migration):
    """One index."""

    atomic = False

    dependencies = [("billing", "0018_payouts")]

    operations = [
        migrations.RunSQL(DROP, migrations.RunSQL.noop),
        migrations.RunSQL(MAKE, DROP, state_operations=[migrations.AddIndex("paymentattempt", NAMED)]),
    ]
