"""The access log takes new rows only: the database itself refuses to change or delete one."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION identity_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The access log is append-only: % is refused.', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER access_log_is_append_only
    BEFORE UPDATE OR DELETE ON identity_accessrecord
    FOR EACH ROW EXECUTE FUNCTION identity_refuse_change();
"""
ALLOW = """
DROP TRIGGER access_log_is_append_only ON identity_accessrecord;
DROP FUNCTION identity_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("identity", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
