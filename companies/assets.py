"""Third-party style sheets, scripts and fonts, served file by file out of installed wheels: none is copied into git."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core import checks
from django.core.files.storage import FileSystemStorage


@dataclass(frozen=True)
class Asset:
    """One file of one wheel, and the checksum that it had when we looked at it."""

    package: str
    path: str
    sha256: str

    @property
    def source(self) -> Path:
        """Where the file lies; a path that does not exist when the wheel is missing."""
        spec = find_spec(self.package)
        folders = spec.submodule_search_locations if spec else None
        return Path(folders[0] if folders else self.package) / self.path


_TABLER = "static/vendor/tabler"
_INTER = "static/unfold/fonts/inter"
ASSETS: Mapping[str, Asset] = {
    "vendor/tabler/tabler.min.css": Asset(
        "jazzy_tabler",
        f"{_TABLER}/css/tabler.min.css",
        "7ef750bd10546a695d0b12767ad8048bd8f3ec5de7daefb1067f9d0daa3d1c9a",
    ),
    "vendor/tabler/tabler.min.js": Asset(
        "jazzy_tabler",
        f"{_TABLER}/js/tabler.min.js",
        "b60c76160e97624574dbb8cf10abe6aee9a6493b60096fdfc15dd1dd2bd99eb9",
    ),
    "vendor/htmx/htmx.min.js": Asset(
        "django_htmx",
        "static/django_htmx/htmx-2.min.js",
        "71ea67185bfa8c98c39d31717c6fce5d852370fcdfd129db4543774d3145c0de",
    ),
    "vendor/inter/Inter-Regular.woff2": Asset(
        "unfold", f"{_INTER}/Inter-Regular.woff2", "e06f6b1bc553aaea4e4668023ed0ab0a147129c3107f511bc7d03d361b0ae085"
    ),
    "vendor/inter/Inter-Medium.woff2": Asset(
        "unfold", f"{_INTER}/Inter-Medium.woff2", "0ff3e94614e1493eb556314fd247ae6c4a85a7783b4cc86be539940cf83f2a48"
    ),
    "vendor/inter/Inter-SemiBold.woff2": Asset(
        "unfold", f"{_INTER}/Inter-SemiBold.woff2", "5cb7103e4e605989afebc03d989c79201e54b21b5183db33981f70db9178a301"
    ),
    "vendor/inter/Inter-Bold.woff2": Asset(
        "unfold", f"{_INTER}/Inter-Bold.woff2", "fa888127b6da015b65569f0351f3b5c391ad928904951f1c20e9f8462a8d95ea"
    ),
}


class WheelStorage(FileSystemStorage):
    """Reads the named assets wherever their wheels put them."""

    prefix = ""

    def path(self, name: str) -> str:
        return str(ASSETS[name].source)


class WheelAssetsFinder(BaseFinder):
    """Give `findstatic`, `collectstatic` and WhiteNoise the files of `ASSETS`, and nothing else of those wheels."""

    storage = WheelStorage()

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        return [
            checks.Error(f"{name} is not in the package {asset.package}.", hint="Install the locked requirements.")
            for name, asset in ASSETS.items()
            if not asset.source.is_file()
        ]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        asset = ASSETS.get(path)
        found = [str(asset.source)] if asset and asset.source.is_file() else []
        return found if find_all else "".join(found) or None

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, WheelStorage]]:
        for name in ASSETS:
            yield name, self.storage
