"""The access log is not emptied at one stroke either.

Triggers of rows do not fire at a TRUNCATE. The test suite empties all tables between some tests:
its settings say `dosette.tests = on` when they connect.
"""

from django.db import migrations

REFUSE = """
CREATE FUNCTION identity_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('dosette.tests', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'The access log is append-only: % is refused.', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER access_log_is_not_emptied
    BEFORE TRUNCATE ON identity_accessrecord
    FOR EACH STATEMENT EXECUTE FUNCTION identity_refuse_truncate();
"""
ALLOW = """
DROP TRIGGER access_log_is_not_emptied ON identity_accessrecord;
DROP FUNCTION identity_refuse_truncate();
"""


class Migration(migrations.Migration):
    dependencies = [("identity", "0004_exceptions_scopes")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
