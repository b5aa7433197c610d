"""Sessions stand in an UNLOGGED table: in no WAL, no base backup; after a crash everybody signs in again."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]
    operations = [
        migrations.RunSQL("ALTER TABLE people_session SET UNLOGGED", "ALTER TABLE people_session SET LOGGED"),
    ]
