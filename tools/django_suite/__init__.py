"""Django's own test suite, run on this project's database backend and on Django's, and compared."""
