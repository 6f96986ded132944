"""Which imports there are: each app registers its own when it starts.

An import of another app (DNA kits, say) appears on the admin's pages once it is registered here.
"""

from core.imports.importer import Importer

_importers: dict[str, type[Importer]] = {}


def register(*importers: type[Importer]) -> None:
    """Offer these imports in the admin, by their `noun`."""
    _importers.update((importer.noun, importer) for importer in importers)


def importers() -> dict[str, type[Importer]]:
    """All of them, by `noun`, in alphabetical order."""
    return dict(sorted(_importers.items()))
