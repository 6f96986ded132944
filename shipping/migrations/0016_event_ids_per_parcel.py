from django.db import migrations, models


class Migration(migrations.Migration):
    """Beside the old code, which names no constraint: the table stays writable meanwhile.

    The new one first, so that each event is kept once throughout. It may be run again when it was
    stopped half way.
    """

    atomic = False

    dependencies = [("shipping", "0015_events_not_understood")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY IF EXISTS each_event_id_once_per_parcel",
                    migrations.RunSQL.noop,
                ),
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY each_event_id_once_per_parcel "
                    "ON shipping_trackingevent (provider, order_id, event_id)",
                    "ALTER TABLE shipping_trackingevent "
                    "DROP CONSTRAINT each_event_id_once_per_parcel",
                ),
                migrations.RunSQL(
                    "ALTER TABLE shipping_trackingevent ADD CONSTRAINT "
                    "each_event_id_once_per_parcel UNIQUE USING INDEX each_event_id_once_per_parcel",
                    migrations.RunSQL.noop,
                ),
                migrations.RunSQL(
                    "-- squawk-ignore ban-drop-constraint\n"
                    "ALTER TABLE shipping_trackingevent DROP CONSTRAINT each_event_id_once",
                    "ALTER TABLE shipping_trackingevent ADD CONSTRAINT each_event_id_once "
                    "UNIQUE (provider, event_id)",
                ),
            ],
            state_operations=[
                migrations.RemoveConstraint(
                    model_name="trackingevent", name="each_event_id_once"
                ),
                migrations.AddConstraint(
                    model_name="trackingevent",
                    constraint=models.UniqueConstraint(
                        fields=["provider", "order_id", "event_id"],
                        name="each_event_id_once_per_parcel",
                    ),
                ),
            ],
        ),
    ]
