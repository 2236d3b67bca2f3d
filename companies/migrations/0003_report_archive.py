"""The report archive: contents apart from orders, prints, who looked, and how long all of it stays."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('companies', '0002_refresh'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ReportPdf',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fetched_at', models.DateTimeField(verbose_name='fetched')),
                ('sha256', models.CharField(max_length=64)),
                ('size', models.PositiveIntegerField(verbose_name='size in bytes')),
                ('content', models.BinaryField()),
            ],
            options={
                'verbose_name': 'printed report',
                'verbose_name_plural': 'printed reports',
            },
        ),
        migrations.CreateModel(
            name='RetentionPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('report_years', models.PositiveSmallIntegerField(default=5, help_text='After that, one a year is kept: the last of each year.', validators=[django.core.validators.MinValueValidator(1)], verbose_name='years of all reports')),
                ('personal_years', models.PositiveSmallIntegerField(blank=True, default=10, help_text='After that, the one a year goes too: reports name directors and shareholders. Empty: no limit.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='years of personal data')),
                ('access_years', models.PositiveSmallIntegerField(default=3, validators=[django.core.validators.MinValueValidator(1)], verbose_name='years of the access log')),
            ],
            options={
                'verbose_name': 'retention of reports',
                'verbose_name_plural': 'retention of reports',
            },
        ),
        migrations.AlterModelOptions(
            name='report',
            options={'get_latest_by': 'ordered_at', 'ordering': ['-ordered_at', '-pk'], 'permissions': [('view_raw_report', 'Can download reports as they were received')], 'verbose_name': 'report', 'verbose_name_plural': 'reports'},
        ),
        migrations.AddField(
            model_name='report',
            name='envelope',
            field=models.TextField(default='{}', verbose_name='envelope'),
        ),
        migrations.CreateModel(
            name='ReportAccess',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='when')),
                ('username', models.CharField(max_length=150, verbose_name='user name')),
                ('use', models.CharField(choices=[('page', 'Page'), ('comparison', 'Comparison'), ('pdf', 'PDF'), ('raw', 'As received'), ('document', 'Official document')], max_length=10, verbose_name='what was looked at')),
                ('detail', models.CharField(blank=True, max_length=80, verbose_name='detail')),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='companies.company', verbose_name='company')),
                ('report', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='companies.report', verbose_name='report')),
                ('user', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'access to a report',
                'verbose_name_plural': 'access to reports',
                'ordering': ['-at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='ReportBody',
            fields=[
                ('sha256', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('raw_sha256', models.CharField(max_length=64)),
                ('content', models.BinaryField()),
                ('stored_size', models.PositiveIntegerField(verbose_name='stored bytes')),
                ('sections', models.TextField(blank=True, verbose_name='sections')),
                ('rating', models.CharField(blank=True, choices=[('A', 'A · very low risk'), ('B', 'B · low risk'), ('C', 'C · moderate risk'), ('D', 'D · high risk'), ('E', 'E · not scored')], max_length=1, verbose_name='rating')),
                ('rating_state', models.CharField(choices=[('rated', 'Rated'), ('not_rated', 'Not rated'), ('failed', 'Failed'), ('unknown', 'No report yet')], default='unknown', max_length=10, verbose_name='rating state')),
                ('score', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='score')),
                ('credit_limit', models.DecimalField(blank=True, decimal_places=2, max_digits=20, null=True, verbose_name='credit limit')),
                ('currency', models.CharField(blank=True, max_length=3, verbose_name='currency')),
            ],
            options={
                'verbose_name': 'content of a report',
                'verbose_name_plural': 'contents of reports',
                'constraints': [models.CheckConstraint(condition=models.Q(('score', None), ('score__lte', 100), _connector='OR'), name='report_body_score_up_to_100'), models.CheckConstraint(condition=models.Q(('rating__in', ['', 'A', 'B', 'C', 'D', 'E'])), name='report_body_rating_known'), models.CheckConstraint(condition=models.Q(('rating_state__in', ['rated', 'not_rated', 'failed', 'unknown'])), name='report_body_rating_state_known')],
            },
        ),
        migrations.RenameField('report', 'body', 'packed'),
        migrations.AlterField('report', 'packed', models.BinaryField(null=True)),  # so that the way back has room
        migrations.AddField(
            model_name='report',
            name='body',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='companies.reportbody', verbose_name='content'),
        ),
        migrations.AddIndex(
            model_name='report',
            index=models.Index(fields=['company', '-ordered_at'], name='report_by_company'),
        ),
        migrations.AddField(
            model_name='reportpdf',
            name='fetched_by',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='fetched by'),
        ),
        migrations.AddField(
            model_name='reportpdf',
            name='report',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='pdf', to='companies.report', verbose_name='report'),
        ),
        migrations.AddConstraint(
            model_name='retentionpolicy',
            constraint=models.CheckConstraint(condition=models.Q(('pk', 1)), name='retention_only_one'),
        ),
        migrations.AddConstraint(
            model_name='retentionpolicy',
            constraint=models.CheckConstraint(condition=models.Q(('access_years__gte', 1), ('report_years__gte', 1)), name='retention_a_year_at_least'),
        ),
        migrations.AddConstraint(
            model_name='retentionpolicy',
            constraint=models.CheckConstraint(condition=models.Q(('personal_years', None), ('personal_years__gte', models.F('report_years')), _connector='OR'), name='retention_personal_not_shorter', violation_error_message='Personal data cannot go before the reports that hold it.'),
        ),
        migrations.AddIndex(
            model_name='reportaccess',
            index=models.Index(fields=['company', '-at'], name='report_access_by_company'),
        ),
        migrations.AddConstraint(
            model_name='reportaccess',
            constraint=models.CheckConstraint(condition=models.Q(('use__in', ['page', 'comparison', 'pdf', 'raw', 'document'])), name='report_access_use_known'),
        ),
    ]
