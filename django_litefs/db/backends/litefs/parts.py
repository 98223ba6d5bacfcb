"""The parts of a wrapper that is stacked on another one: spatialite's features count as well as ours."""

from __future__ import annotations

PARTS = ("client_class", "creation_class", "features_class")


def combine_parts(wrapper: type, mixin: type) -> None:
    """Each part of `wrapper` becomes that of `mixin` over that of the wrapper below it."""
    below = wrapper.__mro__[wrapper.__mro__.index(mixin) + 1 :]
    for name in PARTS:
        if name in vars(wrapper):
            continue
        ours = getattr(mixin, name)
        theirs = next((vars(base)[name] for base in below if name in vars(base)), ours)
        if not issubclass(ours, theirs):
            setattr(wrapper, name, type(ours.__name__, (ours, theirs), {"__module__": wrapper.__module__}))
