"""What the bootstrap says where a machine lacks something."""

import subprocess
import sys

import pytest

from crm.operations import bootstrap, preflight
from crm.operations.progress import Trouble
from tests.crm.operations.places import ROOT


def test_the_bootstrap_needs_nothing_but_the_standard_library():
    program = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import crm.operations.bootstrap
print([name for name in sys.modules if name.split(".")[0] in ("django", "celery", "polib")])
"""

    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


@pytest.mark.parametrize("version", [(3, 9, 2), (3, 10, 0), (3, 14, 0)])
def test_another_python_is_refused_by_its_version(monkeypatch, version):
    monkeypatch.setattr(sys, "version_info", version)

    with pytest.raises(Trouble, match=rf"needs Python 3.11, 3.12 or 3.13; this is Python 3\.{version[1]} "):
        preflight.check(["manage.py", "run"])


@pytest.mark.parametrize("port", ["abc", "0", "70000", "-1", "80 80"])
def test_a_port_that_is_no_port_is_refused(monkeypatch, port):
    monkeypatch.setenv("HARBOUR_PORT", port)

    with pytest.raises(Trouble, match="HARBOUR_PORT must be a number from 1 to 65535"):
        preflight.port()


def test_missing_text_libraries_are_named_and_nothing_stops(monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "PANGO", {"libnone-such.so.0": "libnone-such"})
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)

    bootstrap.install_pango()

    assert capsys.readouterr().err == (
        "PDF files need system libraries that are missing here; everything else works."
        " To add them: apt-get install libnone-such\n"
    )


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("WARNING: Retrying\nERROR: No matching distribution found", "ERROR: No matching distribution found"),
        ("npm notice\nnpm error code ECONNREFUSED\nnpm error syscall connect", "npm error code ECONNREFUSED"),
        ("/usr/bin/python3: No module named pip\n", "/usr/bin/python3: No module named pip"),
        ("", "no reason given"),
    ],
)  # fmt: skip
def test_the_telling_line_of_an_installer_is_shown(output, line):
    assert bootstrap.telling_line(output) == line
