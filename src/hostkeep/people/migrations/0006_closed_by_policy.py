"""An account may end with its last service, where the policy says so."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0005_closing'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='closing',
            name='closing_by_known',
        ),
        migrations.AddConstraint(
            model_name='closing',
            constraint=models.CheckConstraint(condition=models.Q(('by__in', ['customer', 'staff', 'policy'])), name='closing_by_known'),
        ),
    ]
