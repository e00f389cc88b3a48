from django.db import models


class Report(models.Model):
    title = models.CharField(max_length=80)
    text = models.TextField(blank=True)
    mailed_at = models.DateTimeField(null=True)
