"""Child processes that never outlive their parent."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(with_signal: int = signal.SIGKILL) -> None:
    """Have the kernel send this process a signal when its parent is gone, even by kill -9 (Linux)."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, with_signal, 0, 0, 0)


def tied_to_parent(with_signal: int = signal.SIGKILL) -> Callable[[], None]:
    """A `preexec_fn` that ties the child to the process which starts it, without a gap between fork and tie."""
    parent = os.getpid()

    def tie() -> None:
        die_with_parent(with_signal)
        if os.getppid() != parent:
            os.kill(os.getpid(), with_signal)

    return tie


def stop_process(process: subprocess.Popen[bytes], with_signal: int, seconds: float) -> None:
    """Ask a child to end, and end it and its process group when it has not after that many seconds."""
    if process.poll() is None:
        process.send_signal(with_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    kill_group(process)
    process.wait()


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the session a child was the leader of."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def wait_until(is_so: Callable[[], bool], seconds: float, every: float = 0.05) -> bool:
    """Whether a condition came true within the time."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True
