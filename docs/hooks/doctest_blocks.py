"""An extension of griffe: doctests outside of a section of examples become blocks of code as well."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from griffe import Extension, Object

sys.path.insert(0, str(Path(__file__).parent))
from docstrings import with_doctests  # mkdocstrings loads this file by its path


class DoctestBlocks(Extension):
    """Rewrites the docstrings that hold a doctest."""

    def on_object(self, *, obj: Object, **kwargs: Any) -> None:  # noqa: ANN401  # griffe's own
        """Called for each object when it is complete."""
        if obj.docstring is not None and ">>> " in obj.docstring.value:
            obj.docstring.value = with_doctests(obj.docstring.value)
