from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Creates no table: the model stands for permissions."""

    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [
        migrations.CreateModel(
            name="Cluster",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                )
            ],
            options={
                "verbose_name": "cluster",
                "verbose_name_plural": "cluster",
                "permissions": (("promote", "Can hand the primary role to a node"),),
                "managed": False,
                "default_permissions": ("view",),
            },
        )
    ]
