from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("data", "0003_counts_of_before")]

    operations = [
        migrations.AddField(model_name="bulkchunk", name="failed", field=models.IntegerField(default=0)),
    ]
