"""The last active superuser is not removed, whatever the way: a form, an update in bulk, the shell.

The lock lets one transaction at a time remove one, so that two cannot remove each other.
"""

from django.db import migrations

REFUSE = """
CREATE FUNCTION identity_keep_a_superuser() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('identity_keep_a_superuser'));
    IF NOT EXISTS (SELECT 1 FROM identity_user WHERE is_superuser AND is_active AND is_staff) THEN
        RAISE EXCEPTION 'This is the last active superuser. Make another one first.'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER last_superuser_is_not_removed
    AFTER UPDATE OF is_superuser, is_active, is_staff ON identity_user FOR EACH ROW
    WHEN (OLD.is_superuser AND OLD.is_active AND OLD.is_staff
          AND NOT (NEW.is_superuser AND NEW.is_active AND NEW.is_staff))
    EXECUTE FUNCTION identity_keep_a_superuser();
CREATE TRIGGER last_superuser_is_not_deleted
    AFTER DELETE ON identity_user FOR EACH ROW
    WHEN (OLD.is_superuser AND OLD.is_active AND OLD.is_staff)
    EXECUTE FUNCTION identity_keep_a_superuser();
"""
ALLOW = """
DROP TRIGGER last_superuser_is_not_removed ON identity_user;
DROP TRIGGER last_superuser_is_not_deleted ON identity_user;
DROP FUNCTION identity_keep_a_superuser();
"""


class Migration(migrations.Migration):
    dependencies = [("identity", "0005_access_log_is_not_emptied")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
