"""The access log is still refused to everybody who would delete from it, but for the function that
lets go what is older than the retention period (desk/personal_data/append_only/expiry.py)."""

from django.db import migrations

PASS = """
CREATE OR REPLACE FUNCTION identity_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND core_is_erasing() THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'The access log is append-only: % is refused.', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("identity", "0015_invitations")]

    operations = [migrations.RunSQL(PASS, migrations.RunSQL.noop)]
