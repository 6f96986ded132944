"""Sessions are listed, changes to a sign-in are told, and passwords of the issuer's people lapse."""

import core.database.clock
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def vouch(apps, schema_editor):
    """People of the issuer who have a password have as long as after a sign-in there."""
    linked = apps.get_model("identity", "LinkedAccount").objects.values("user_id")
    people = apps.get_model("identity", "User").objects.filter(pk__in=linked)
    people.update(vouched_at=core.database.clock.now())


class Migration(migrations.Migration):

    dependencies = [
        ('identity', '0010_one_person_per_name'),
        ('sessions', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='vouched_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('what', models.CharField(choices=[('password', 'Your password was set'), ('password-removed', 'Your password was taken away'), ('factor', 'A second factor was set up for you'), ('factor-removed', 'Your second factor was taken away'), ('codes', 'Your recovery codes were replaced'), ('code-used', 'One of your recovery codes was used'), ('email', 'Your e-mail address was changed'), ('account', 'An account of the sign-in service was linked to you')], max_length=20)),
                ('recipient', models.EmailField(max_length=254)),
                ('at', models.DateTimeField(default=core.database.clock.now)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('due_at', models.DateTimeField(db_index=True, default=core.database.clock.now)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='OpenSession',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('device', models.CharField(max_length=60)),
                ('seen_at', models.DateTimeField(default=core.database.clock.now, help_text='To within a few minutes.')),
                ('session', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='open_session', to='sessions.session')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.RunPython(vouch, migrations.RunPython.noop),
    ]
