"""The clock that SQL reads, and the shared cache: an UNLOGGED table, in no WAL and no base backup."""

from django.db import migrations

CLOCK = """
CREATE SCHEMA runtime;
CREATE FUNCTION runtime.now() RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT statement_timestamp() + coalesce((SELECT ahead FROM public.runtime_clock WHERE id = 1), interval '0')
$$;
GRANT USAGE ON SCHEMA runtime TO hk_app, hk_vault;
GRANT EXECUTE ON FUNCTION runtime.now() TO hk_app, hk_vault;
"""

CACHE = """
CREATE UNLOGGED TABLE runtime_cache (
  cache_key varchar(255) PRIMARY KEY,
  value text NOT NULL,
  expires timestamptz NOT NULL
);
CREATE INDEX runtime_cache_expires ON runtime_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("runtime", "0001_initial")]
    operations = [
        migrations.RunSQL(CLOCK, "DROP SCHEMA runtime CASCADE"),
        migrations.RunSQL(CACHE, "DROP TABLE runtime_cache"),
    ]
