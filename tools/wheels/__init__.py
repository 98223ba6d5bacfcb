"""Builds the wheels of a release on one Debian 12 machine; zig compiles for glibc 2.17, whatever that machine has."""
