from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0002_customers_in_depth'),
    ]

    operations = [
        migrations.AddField(
            model_name='notice',
            name='subject_id',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='notice',
            name='subject_type',
            field=models.CharField(blank=True, help_text='what the sentence tells of, as a model label', max_length=60),
        ),
    ]
