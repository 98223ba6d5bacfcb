"""Apps that are not Django's, for real servers."""
