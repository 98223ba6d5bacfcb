"""Starts, stops, deploys and deaths of real nodes, each a table: what `bin/drill` runs."""
