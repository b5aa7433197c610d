"""The three roles of the database and what an administrator runs once."""

from __future__ import annotations

SCHEMAS = ("vault", "audit", "ledger")

SUPERUSER_SQL = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'hk_owner') THEN CREATE ROLE hk_owner LOGIN; END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'hk_vault') THEN CREATE ROLE hk_vault NOLOGIN; END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'hk_app') THEN
    CREATE ROLE hk_app LOGIN NOINHERIT; END IF;
END $$;
GRANT hk_vault TO hk_app;
ALTER ROLE hk_owner SET search_path = public, vault, audit, ledger;
ALTER ROLE hk_app SET search_path = public, vault, audit, ledger;
ALTER ROLE hk_app SET statement_timeout = '60s';
ALTER ROLE hk_app SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE hk_app SET log_parameter_max_length = 0;
ALTER ROLE hk_app SET log_parameter_max_length_on_error = 0;
ALTER ROLE hk_app SET log_min_error_statement = 'panic';
ALTER ROLE hk_app SET log_error_verbosity = 'terse';
"""
"""hk_owner owns and migrates, hk_app serves, hk_vault is the role the door takes for its own statements.

Logged parameters, failing statements (Django puts its values into their text) and details (they quote rows)
are off: nothing may write values into the server's log.
"""

SUPERUSERS_OWN = ("log_parameter_max_length =", "log_min_error_statement", "log_error_verbosity")

UNPRIVILEGED_SQL = "".join(
    line for line in SUPERUSER_SQL.splitlines(keepends=True) if not any(own in line for own in SUPERUSERS_OWN)
)
"""The same where the administrator may not set superuser parameters, as at hosted databases."""


def database_sql(name: str) -> tuple[str, ...]:
    """Return the statements that make a database, one by one; CREATE DATABASE takes no transaction.

    name  a plain identifier of ours
    """
    return (
        f'CREATE DATABASE "{name}" OWNER hk_owner ENCODING \'UTF8\' TEMPLATE template0',
        f'REVOKE CONNECT, TEMPORARY ON DATABASE "{name}" FROM PUBLIC',
        f'GRANT CONNECT ON DATABASE "{name}" TO hk_app, hk_owner',
    )

OWNER_SQL = """
ALTER DEFAULT PRIVILEGES FOR ROLE hk_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO hk_app;
ALTER DEFAULT PRIVILEGES FOR ROLE hk_owner IN SCHEMA public
  GRANT USAGE, SELECT ON SEQUENCES TO hk_app;
GRANT USAGE ON SCHEMA public TO hk_app;
"""
"""What the owner runs before it migrates.  The schemas behind the wall grant in their own migrations."""


def administrator_sql(database: str) -> str:
    """Return all that an administrator runs once on a server of their own, as one text."""
    return SUPERUSER_SQL + ";\n".join(database_sql(database)) + ";\n"
