#!/bin/sh
# The role the application signs in with: it reads and writes rows and owns nothing, so it cannot change tables,
# switch triggers off or empty the history. Runs once, when the database is made.
set -eu
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  --set password="$(cat /run/secrets/database_application_password)" <<'SQL'
CREATE ROLE harbour_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
REVOKE ALL ON DATABASE harbour FROM PUBLIC;
GRANT CONNECT ON DATABASE harbour TO harbour_app;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO harbour_app;
SQL
