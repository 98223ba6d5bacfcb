"""What the tests of litefs_doctor say of its findings."""

from __future__ import annotations

import dataclasses
from typing import Any

from django_litefs import doctor
from django_litefs.settings import Settings

Found = list[doctor.Finding]


def changed(s: Settings, **values: Any) -> Settings:
    return dataclasses.replace(s, **values)


def states(found: Found) -> set[str]:
    return {finding.state for finding in found}


def only(found: Found, state: str) -> doctor.Finding:
    chosen = [finding for finding in found if finding.state == state]
    assert len(chosen) == 1, found
    assert chosen[0].fix or state == doctor.GOOD
    return chosen[0]
