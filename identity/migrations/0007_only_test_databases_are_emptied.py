"""What the test suite says when it connects counts in its own databases only (`test_…`)."""

from django.db import migrations

REFUSE = """
CREATE OR REPLACE FUNCTION identity_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('dosette.tests', true) = 'on' AND current_database() LIKE 'test\\_%' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'The access log is append-only: % is refused.', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("identity", "0006_the_last_superuser_stays")]
    operations = [migrations.RunSQL(REFUSE, migrations.RunSQL.noop)]
