"""The embedded servers: shared while somebody needs them, gone afterwards, data kept."""

import signal
import subprocess
import sys

from tests.crm.operations.places import ROOT, environment, home_of_its_own, manage, processes_of, wait_for

HOLD = """
import os, sys
from crm.operations import embedded
embedded.provide_services()
print(os.environ["DATABASE_URL"], os.environ["REDIS_URL"], flush=True)
sys.stdin.read()
"""
ASK = """
import os, psycopg, sys
from crm.operations import embedded, servers
embedded.provide_services()
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    for statement in sys.argv[1].split(";"):
        answer = connection.execute(statement)
    print(answer.fetchone()[0], servers.redis_answers(os.environ["REDIS_URL"]))
"""


def holder(home):
    """A process that uses the servers until it is told to stop, and their addresses."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        cwd=ROOT,
        env=environment(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    return process, process.stdout.readline().split()


def ask(home, question):
    """What the database of that home answers, and whether its Redis does."""
    done = subprocess.run(
        [sys.executable, "-c", ASK, question],
        cwd=ROOT,
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_one_command_starts_the_servers_and_leaves_nothing_behind():
    with home_of_its_own() as home:
        assert ask(home, "SELECT 42") == ["42", "True"]

        assert processes_of(home.parent) == []


def test_the_database_knows_chinese_letters():
    with home_of_its_own() as home:
        assert ask(home, "SELECT count(*) FROM regexp_matches('海港CRM', '[[:alpha:]]', 'g')") == ["5", "True"]


def test_a_second_command_shares_the_servers_and_keeps_them_when_the_first_ends():
    with home_of_its_own() as home:
        first, addresses = holder(home)
        second, same_addresses = holder(home)
        first.stdin.close()
        first.wait(20)

        assert same_addresses == addresses
        assert ask(home, "SELECT 1") == ["1", "True"]
        second.stdin.close()
        second.wait(20)
        assert wait_for(lambda: processes_of(home.parent) == [])


def test_servers_stop_when_their_only_user_is_killed():
    with home_of_its_own() as home:
        process, _ = holder(home)
        assert len(processes_of(home.parent)) >= 4

        process.send_signal(signal.SIGKILL)
        process.wait()

        assert wait_for(lambda: processes_of(home.parent) == [])


def test_rows_and_secrets_survive_a_stop():
    with home_of_its_own() as home:
        ask(home, "CREATE TABLE kept AS SELECT 7 AS n; SELECT 1")
        secret = (home / "secrets" / "secret-key").read_text()

        assert ask(home, "SELECT n FROM kept")[0] == "7"
        assert (home / "secrets" / "secret-key").read_text() == secret
        assert (home / "secrets" / "secret-key").stat().st_mode & 0o777 == 0o600


def test_a_command_that_needs_no_database_starts_none():
    with home_of_its_own() as home:
        done = manage(home, "version")

        assert done.returncode == 0
        assert not (home / "postgres").exists()
