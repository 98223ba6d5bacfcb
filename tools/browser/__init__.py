"""The admin's page of the cluster in Chromium, on three real nodes under load."""
