
import django.core.validators
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('desk', '0005_saved_views'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        migrations.CreateModel(
            name='CaseDueTime',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(editable=False, max_length=40, unique=True)),
                ('hours', models.PositiveSmallIntegerField(blank=True, help_text='Hours from when it was opened. Empty: as it comes with Dosette.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(2208)])),
            ],
            options={
                'verbose_name': 'due time',
                'ordering': ['kind'],
                'default_permissions': ('view', 'change'),
            },
        ),
        migrations.CreateModel(
            name='CaseDueTimeHistory',
            fields=[
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('id', models.BigIntegerField()),
                ('kind', models.CharField(editable=False, max_length=40)),
                ('hours', models.PositiveSmallIntegerField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'history of due time',
                'verbose_name_plural': 'history of due times',
                'abstract': False,
                'default_permissions': (),
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='caseduetime',
            trigger=pgtrigger.compiler.Trigger(name='created_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "desk_caseduetimehistory" ("hours", "id", "kind", "pgh_context", "pgh_created_at", "pgh_label") SELECT new_values."hours", new_values."id", new_values."kind", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, statement_timestamp(), \'created\' FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='0e1dd2a38fe8ab6735e481cdfd822a4256277487', level='STATEMENT', operation='INSERT', pgid='pgtrigger_created_insert_89385', referencing='REFERENCING NEW TABLE AS new_values ', table='desk_caseduetime', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='caseduetime',
            trigger=pgtrigger.compiler.Trigger(name='changed_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "desk_caseduetimehistory" ("hours", "id", "kind", "pgh_context", "pgh_created_at", "pgh_label") SELECT old_values."hours", old_values."id", old_values."kind", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, statement_timestamp(), \'changed\' FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."kind" IS DISTINCT FROM new_values."kind" OR old_values."hours" IS DISTINCT FROM new_values."hours") ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='c361b8730ce06bd80ff4b797d92cb72d6192eb03', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_changed_update_3b182', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='desk_caseduetime', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='caseduetime',
            trigger=pgtrigger.compiler.Trigger(name='deleted_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "desk_caseduetimehistory" ("hours", "id", "kind", "pgh_context", "pgh_created_at", "pgh_label") SELECT old_values."hours", old_values."id", old_values."kind", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, statement_timestamp(), \'deleted\' FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='286dbb3064d1e5c532ec46a06295e0ff6a2711e6', level='STATEMENT', operation='DELETE', pgid='pgtrigger_deleted_delete_d9703', referencing='REFERENCING OLD TABLE AS old_values ', table='desk_caseduetime', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='caseduetimehistory',
            index=models.Index(fields=['id', '-pgh_id'], name='caseduetime_history'),
        ),
    ]
