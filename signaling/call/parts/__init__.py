"""What people can do in a call: each part is whole in one module here, and found by being here."""

import importlib
import pkgutil
from functools import cache

from ..part import Part


@cache
def kinds_of_parts() -> tuple[type[Part], ...]:
    """Every part's class, in the order of the modules' names."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__, f"{__name__}."))
    return tuple(
        kind
        for name in names
        for kind in vars(importlib.import_module(name)).values()
        if isinstance(kind, type) and issubclass(kind, Part) and kind.__module__ == name
    )
