import hashlib
import io
import tarfile

import pytest

from crosswheel.building.results import Stage, WheelResult
from crosswheel.errors import BuildError, UsageError
from crosswheel.host import Host, NullProgress
from crosswheel.recipe_tools import check_recipes, update_recipe
from crosswheel.recipe_tools.draft import recipe_text
from crosswheel.sources.index_settings import IndexSettings
from crosswheel.targets import PythonVersion, target_from_tag
from crosswheel.toolchains.zig.model import zig_targets

RISCV = target_from_tag("manylinux_2_31_riscv64")


class Floors:
    def minimum_version(self, architecture, libc):
        row = zig_targets().get(architecture)
        return row.minimum_version(libc if libc == "glibc" else "musl") if row else None

    def unsupported_reason(self, architecture, platform):
        return "", ""


class Downloader:
    """Has what it is told."""

    def __init__(self):
        self.files = {}

    def read_bytes(self, url, *, fresh=True):
        return self.files[url]


@pytest.fixture
def host(tmp_path):
    return Host({}, tmp_path / "cache", tmp_path / "logs", None, Downloader(), NullProgress())


@pytest.fixture
def write(tmp_path):
    def write(text, name="demo.toml"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


@pytest.fixture
def source(tmp_path):
    """The table of an archive that lies beside a recipe."""
    with tarfile.open(tmp_path / "demo-1.0.tar.gz", "w:gz") as tar:
        info = tarfile.TarInfo("demo-1.0/a.c")
        info.size = 2
        tar.addfile(info, io.BytesIO(b"x\n"))
    digest = hashlib.sha256((tmp_path / "demo-1.0.tar.gz").read_bytes()).hexdigest()
    return f"version = '1.0'\n[source]\nurls = ['demo-1.0.tar.gz', 'demo-1.0.tar.gz']\nsha256 = '{digest}'\n"


PATCH = "--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-{}\n+y\n"


@pytest.mark.parametrize(
    ("text", "said", "error"),
    [
        ("libraries = 'nosuch'", "no recipe of a library 'nosuch'", True),
        ("shared-libraries = 'nosuch'", "no recipe of a library 'nosuch'", True),
        ("[[overrides]]\nselect = '*'\nbundle = { 'a.so' = 'nosuch' }", "no recipe of a library 'nosuch'", True),
        ("status = 'disabled'", "disabled without a reason", True),
        ("librarys = 'zlib'", "unknown key 'librarys'", True),
        ("[[overrides]]\nselect = '*-riscv65'", "no target matches *-riscv65", False),
        ("[source]\nurls = 'x'\nsha256 = '0'", "one URL and no mirror", False),
    ],
)
def test_what_is_wrong_is_found(host, write, text, said, error):
    (finding,) = check_recipes(host, [write(text)], Floors(), fetch=False)
    assert said in finding.what
    assert finding.error is error


def test_a_sound_recipe_has_no_findings(host, write, source):
    text = "libraries = 'zlib'\n" + source + "[[patches]]\nfile = 'p'\n[[overrides]]\nselect = '*-linux-riscv64'\n"
    write(PATCH.format("x"), "p")
    assert check_recipes(host, [write(text)], Floors()) == ()


def test_patches_are_tried(host, write, source):
    write(PATCH.format("z"), "p")
    (finding,) = check_recipes(host, [write(source + "[[patches]]\nfile = 'p'")], Floors())
    assert "hunk 1 of 1 does not apply to a.c" in finding.what


def test_the_recipes_that_come_along_are_sound(host):
    assert [found for found in check_recipes(host, [], Floors(), fetch=False) if found.error] == []


LIBRARY = """# A remark.
version = "1.0"
summary = "1.0"
homepage = ""
license = ""
license-files = []
[source]
urls = ["https://example.org/demo-1.0.tar.gz"]
sha256 = "{}"
[provides]
[build]
system = "make"
"""


def test_a_library_moves_to_another_version(host, write):
    path = write(LIBRARY.format("0" * 64))
    host.downloader.files["https://example.org/demo-1.1.tar.gz"] = b"new"
    assert update_recipe(host, path, IndexSettings.load({}, {}), "1.1") == ("1.0", "1.1")
    expected = LIBRARY.format(hashlib.sha256(b"new").hexdigest())
    expected = expected.replace('version = "1.0"', 'version = "1.1"').replace("demo-1.0", "demo-1.1")
    assert path.read_text() == expected


@pytest.mark.parametrize(("text", "said"), [(LIBRARY, "--version is required"), ("", "has no sources")])
def test_what_cannot_be_moved_is_told(host, write, text, said):
    with pytest.raises(UsageError, match=said):
        update_recipe(host, write(text.format("0" * 64)), IndexSettings.load({}, {}))


def test_a_draft_says_what_is_known():
    result = WheelResult("demo", RISCV, PythonVersion(13), Stage.FAILED, error=BuildError("no"), libraries=("zlib",))
    text = recipe_text({"summary": "A “demo”", "homepage": "", "license": "MIT"}, result)
    assert text == (
        'summary = "A “demo”"\nlicense = "MIT"\nlibraries = ["zlib"]\n'
        'status = "experimental"\nreason = "for manylinux_2_31_riscv64: no"\n'
    )
