"""What is looked after comes back: after kills, beside other commands, and where a server has to move."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from crm.operations.servers import redis_answers
from crm.operations.supervisor import Child
from tests.crm.operations.places import ROOT, environment, free_port, home_of_its_own, wait_for
from tests.journeys.copies import begin_prepared

LOOK = """
import os, sys
from crm.operations import embedded
leases = embedded.provide_services()
print(os.environ["REDIS_URL"], flush=True)
for line in sys.stdin:
    for lease in leases:
        lease.look_after()
    print("looked", flush=True)
"""


def watcher(home):
    """A process that looks after Valkey whenever it is told to, and its address."""
    process = subprocess.Popen(
        [sys.executable, "-c", LOOK], cwd=ROOT, env=environment(home, DATABASE_URL="postgres://nobody@nowhere/none"),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return process, process.stdout.readline().strip()


def look(*watchers):
    """Have all of them look at once; their answers."""
    for process in watchers:
        process.stdin.write("look\n")
        process.stdin.flush()
    return [process.stdout.readline() for process in watchers]


def keeper_of(home):
    return int((home / "run" / "valkey.pid").read_text())


def server_of(home):
    """The process id of the Valkey below the keeper."""
    return children_of(keeper_of(home))[0]


def children_of(process):
    return [int(word) for word in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def answers_again(address, *watchers):
    return wait_for(lambda: look(*watchers) and redis_answers(address), 30)


def status(port, path):
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).status
    except urllib.error.HTTPError as refusal:
        return refusal.code
    except OSError:
        return 0


def squat(port):
    """A listener on a port that is being given back."""
    squatter = socket.socket()
    squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for _try in range(50):
        try:
            squatter.bind(("127.0.0.1", port))
            break
        except OSError:
            time.sleep(0.1)
    squatter.listen()
    assert squatter.getsockname()[1] == port
    return squatter


@contextmanager
def copy_of(home):
    """A whole copy that is ready, and its port; ended by Ctrl-C."""
    begin_prepared(home)
    port = free_port()
    run = subprocess.Popen(
        [sys.executable, "manage.py", "run"], cwd=ROOT, env=environment(home, HARBOUR_PORT=str(port)),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        assert run.stdout.readline() == f"Harbour CRM is ready at http://127.0.0.1:{port}\n"
        yield run, port
    finally:
        os.killpg(run.pid, signal.SIGINT)
        assert run.wait(20) == 0


def test_two_that_find_a_server_dead_at_once_bring_it_back_and_go_on():
    with home_of_its_own() as home:
        first, address = watcher(home)
        second, _ = watcher(home)
        with open(home / "run" / "valkey.start", "w") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            for victim in (server_of(home), keeper_of(home)):
                os.kill(victim, signal.SIGKILL)
            for process in (first, second):
                process.stdin.write("look\n")
                process.stdin.flush()
            time.sleep(1)

        assert [process.stdout.readline() for process in (first, second)] == ["looked\n", "looked\n"]
        assert answers_again(address, first, second)
        for process in (first, second):
            process.communicate(timeout=30)
            assert process.returncode == 0


def test_looking_never_waits_for_another_command_that_starts_the_server():
    with home_of_its_own() as home:
        process, address = watcher(home)
        with open(home / "run" / "valkey.start", "w") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            for victim in (server_of(home), keeper_of(home)):
                os.kill(victim, signal.SIGKILL)
            begun = time.monotonic()
            assert look(process) == ["looked\n"]
            assert time.monotonic() - begun < 5

        assert answers_again(address, process)
        process.communicate(timeout=30)


def test_a_server_that_ends_slowly_keeps_its_address():
    with home_of_its_own() as home:
        process, address = watcher(home)
        server = server_of(home)
        os.kill(server, signal.SIGSTOP)
        os.kill(keeper_of(home), signal.SIGKILL)
        process.stdin.write("look\n")
        process.stdin.flush()
        time.sleep(2)
        os.kill(server, signal.SIGCONT)

        assert process.stdout.readline() == "looked\n"
        assert answers_again(address, process)
        process.communicate(timeout=30)


def test_a_server_whose_port_was_taken_while_it_was_dead_moves():
    with home_of_its_own() as home:
        process, _ = watcher(home)
        old = int((home / "valkey" / "port").read_text())
        os.kill(server_of(home), signal.SIGKILL)
        with squat(old):
            assert wait_for(lambda: int((home / "valkey" / "port").read_text()) != old, 30)
            new, password = (home / "valkey" / "port").read_text(), (home / "secrets" / "valkey-password").read_text()
            assert wait_for(lambda: redis_answers(f"redis://:{password.strip()}@127.0.0.1:{new}/0"))
        process.communicate(timeout=30)


def test_a_remembered_port_is_none_that_outgoing_connections_take():
    with home_of_its_own() as home:
        process, address = watcher(home)
        process.communicate(timeout=30)

        lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
        assert int(address.rsplit(":", 1)[1].split("/")[0]) < lowest


def test_a_child_that_cannot_be_started_is_tried_again(tmp_path, capsys):
    (tmp_path / "logs").mkdir()
    program = tmp_path / "program"
    child = Child("web", [str(program)], tmp_path)

    child.look_after()

    assert (child.process, child.ends) == (None, 1)
    assert "web cannot be started" in capsys.readouterr().err
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    assert wait_for(lambda: child.look_after() or child.process is not None, 5)
    child.process.kill()
    child.process.wait()


def test_pages_come_back_after_a_kill_and_follow_a_redis_that_moves():
    with home_of_its_own() as home, copy_of(home) as (run, port):
        web = next(
            child for child in children_of(run.pid) if b"gunicorn" in Path(f"/proc/{child}/cmdline").read_bytes()
        )
        os.kill(web, signal.SIGKILL)
        assert wait_for(lambda: status(port, "/readyz") == 200, 30)
        assert web not in children_of(run.pid)

        old = int((home / "valkey" / "port").read_text())
        with open(home / "run" / "valkey.start", "w") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            for victim in (server_of(home), keeper_of(home)):
                os.kill(victim, signal.SIGKILL)
            squatter = squat(old)
        with squatter:
            assert wait_for(lambda: status(port, "/readyz") == 200, 60)
        assert int((home / "valkey" / "port").read_text()) != old
