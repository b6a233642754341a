"""`manage.py run` from outside: ready, refused with one sentence, stopped without a trace."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request

from tests.crm.operations.places import ROOT, environment, free_port, home_of_its_own, manage, processes_of, wait_for
from tests.journeys.copies import begin_prepared


def start(home, port):
    """A copy that has said it is ready."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run"], cwd=ROOT, env=environment(home, HARBOUR_PORT=str(port)),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout.readline() == f"Harbour CRM is ready at http://127.0.0.1:{port}\n"
    return process


def refusal(done):
    """The one sentence of a command that refused to work."""
    assert done.returncode == 1
    assert done.stdout == ""
    sentences = [line for line in done.stderr.splitlines() if not line.endswith("…")]
    assert len(sentences) == 1, done.stderr
    return sentences[0]


def test_a_copy_starts_survives_a_kill_and_stops_without_a_trace():
    with home_of_its_own() as home:
        begin_prepared(home)
        port = free_port()
        first = start(home, port)
        assert urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz").status == 200
        again = manage(home, "run", HARBOUR_PORT=str(free_port()))
        assert refusal(again) == f"Harbour CRM already runs on {home}; stop it or set HARBOUR_HOME to another folder."

        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        assert wait_for(lambda: processes_of(home.parent) == [], 15)

        second = start(home, port)
        os.killpg(second.pid, signal.SIGINT)
        assert second.wait(15) == 0
        assert processes_of(home.parent) == []


def test_a_port_in_use_is_refused_by_number():
    with home_of_its_own() as home, socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]

        said = refusal(manage(home, "run", HARBOUR_PORT=str(port)))

        assert (
            said == f"Port {port} is already in use; stop the program that uses it or set HARBOUR_PORT to another one."
        )


def test_a_folder_that_is_no_database_is_refused():
    with home_of_its_own() as home:
        (home / "postgres").mkdir(parents=True)
        (home / "postgres" / "letter.txt").write_text("not a database")
        home.chmod(0o711)

        said = refusal(manage(home, "run", HARBOUR_PORT=str(free_port())))

        assert said == (
            f"{home}/postgres is not a PostgreSQL data folder; move it away to begin with an empty database."
        )
        assert (home / "postgres" / "letter.txt").read_text() == "not a database"
        assert wait_for(lambda: processes_of(home.parent) == [])


def test_a_database_that_does_not_answer_is_refused():
    with home_of_its_own() as home:
        nowhere = f"postgres://nobody:x@127.0.0.1:{free_port()}/nothing"

        said = refusal(manage(home, "run", HARBOUR_PORT=str(free_port()), DATABASE_URL=nowhere))

        assert said.startswith("The database that DATABASE_URL names cannot be used: ")
        assert wait_for(lambda: processes_of(home.parent) == [])


def test_a_redis_that_does_not_answer_is_refused():
    with home_of_its_own() as home:
        nowhere = f"redis://127.0.0.1:{free_port()}/0"

        said = refusal(manage(home, "run", HARBOUR_PORT=str(free_port()), REDIS_URL=nowhere))

        assert said == "The Redis that REDIS_URL names does not answer."


def test_a_home_that_cannot_be_written_is_refused():
    said = refusal(manage(os.path.join("/proc", "nowhere"), "run", HARBOUR_PORT=str(free_port())))

    assert said.startswith("The folder /proc/nowhere cannot be written (")
