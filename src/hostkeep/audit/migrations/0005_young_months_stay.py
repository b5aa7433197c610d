"""A month of the book is dropped at the earliest ninety days after its end, by the server's own clock.

The clock that the application may set ahead is not asked: whoever runs statements as the application cannot
make the month that tells of them old.
"""

from django.db import migrations

OLD_ENOUGH = """
ALTER FUNCTION audit.drop_month(date, text, text, text, text) RENAME TO drop_sealed_month;
REVOKE ALL ON FUNCTION audit.drop_sealed_month(date, text, text, text, text) FROM PUBLIC, hk_app;

CREATE FUNCTION audit.drop_month(
  wanted date, who text, as_role text, why text, traced text
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = audit, pg_temp SET lock_timeout = '5s' AS $$
BEGIN
  IF (date_trunc('month', wanted::timestamp) + interval '1 month 90 days') AT TIME ZONE 'UTC'
     > clock_timestamp() THEN
    RAISE EXCEPTION 'the month is too young' USING ERRCODE = 'check_violation';
  END IF;
  RETURN audit.drop_sealed_month(wanted, who, as_role, why, traced);
END $$;
REVOKE ALL ON FUNCTION audit.drop_month(date, text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.drop_month(date, text, text, text, text) TO hk_app;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_months_and_tree")]

    operations = [migrations.RunSQL(OLD_ENOUGH, migrations.RunSQL.noop)]
