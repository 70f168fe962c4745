"""One measurement by several processes: the bytes of one, whoever starts them or is killed.

Covers: cli.launch, measure.team.
"""

import os
import signal
from pathlib import Path
from random import Random

import pytest

from jaxrf.cli.job import BY_HAND, cluster
from jaxrf.errors import InvalidInput
from tests.helpers.commands import refused
from tests.helpers.resumable import OPTIONS, SAMPLES, done, until
from tests.helpers.slow import some_slow

TWO = ("--processes", "2")
SLURM = {
    "SLURM_JOB_ID": "77",
    "SLURM_NTASKS": "4",
    "SLURM_PROCID": "1",
    "SLURM_LOCALID": "1",
}
STEP = {**SLURM, "SLURM_STEP_NUM_TASKS": "4", "SLURM_STEP_NODELIST": "node[001-002]"}
MPI = {"OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "1", "PMIX_NAMESPACE": "prterun-a-9@1"}
LOCAL = {**MPI, "OMPI_COMM_WORLD_LOCAL_SIZE": "2"}
HAND = dict(zip(BY_HAND, ("node1:4000", "3", "2"), strict=True))


@pytest.mark.parametrize(
    "environment",
    [
        {},
        SLURM,  # a batch script, whose command is not started by srun
        {**STEP, "SLURM_STEP_NUM_TASKS": "1"},
        {**LOCAL, "OMPI_COMM_WORLD_SIZE": "1"},
        {**HAND, "JAX_NUM_PROCESSES": "1"},
    ],
    ids=["nothing", "a batch script", "srun of one", "mpirun of one", "one by hand"],
)
def test_a_process_of_its_own_waits_for_nobody(environment):
    assert cluster(environment) is None


@pytest.mark.parametrize(
    ("environment", "numbers", "address"),
    [
        (STEP, (4, 1), None),
        ({**MPI, "OMPI_MCA_orte_hnp_uri": "4096.0;tcp://10.0.0.1:9"}, (2, 1), None),
        (LOCAL, (2, 1), "127.0.0.1:"),
        (HAND, (3, 2), "node1:4000"),
        ({**MPI, BY_HAND[0]: "node1:4000"}, (2, 1), "node1:4000"),
        ({**STEP, BY_HAND[0]: "node1:4000"}, (4, 1), "node1:4000"),
    ],
    ids=["srun", "mpirun 4", "mpirun 5", "by hand", "mpirun by hand", "srun by hand"],
)
def test_a_job_is_found_without_a_flag(environment, numbers, address):
    found = cluster(environment)
    assert (found["num_processes"], found["process_id"]) == numbers
    assert found.get("coordinator_address", "").startswith(address or "")
    assert ("coordinator_address" in found) == (address is not None)  # JAX finds the others


@pytest.mark.parametrize("environment", [{BY_HAND[0]: "node1:4000"}, MPI])
def test_a_job_without_what_it_needs(environment):
    with pytest.raises(InvalidInput, match="got .* need "):
        cluster(environment)


def ended(child):
    out, err = child.communicate(timeout=120)
    assert child.returncode == 0, err
    return out


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("usual", 2),
        pytest.param("precision", 3, marks=pytest.mark.slow),
        pytest.param("everywhere", 2, marks=pytest.mark.slow),
        pytest.param("array", 2, marks=pytest.mark.slow),
    ],
)
def test_processes_have_the_bytes_of_one(kind, count, process, jaxrf, erf_command, tmp_path):
    more = {
        "precision": ("--precision", "0.1", "--weight-seeds", "1"),
        "everywhere": ("--everywhere", "--step", "4"),
        "array": ("--array", "1/2"),
    }
    options = (*OPTIONS[:-2], *more.get(kind, ()))
    out = ended(process(*erf_command(*options, "-o", "many.npz", "--processes", count)))
    one = jaxrf(*erf_command(*options, "-o", "one.npz"))
    assert one.code == 0
    assert out == one.out
    assert (tmp_path / "many.npz").read_bytes() == (tmp_path / "one.npz").read_bytes()
    assert {p.name for p in tmp_path.iterdir()} - {"__pycache__"} == {
        *("many.npz", "one.npz", "model.py")
    }


@pytest.mark.slow
def test_processes_started_by_hand(process, jaxrf, erf_command, tmp_path):
    command = erf_command("--samples", "7", "-o", "many.npz", "--resume")
    jaxrf(*erf_command("--samples", "5", "-o", "many.npz"))
    values = {"JAX_COORDINATOR_ADDRESS": f"127.0.0.1:{20000 + os.getpid() % 9000}"}
    values |= {"JAX_NUM_PROCESSES": "2"}
    both = [process(*command, env={**values, "JAX_PROCESS_ID": str(n)}) for n in (1, 0)]
    assert ended(both[0]) == ""
    assert "7 samples" in ended(both[1])
    assert jaxrf(*erf_command("--samples", "7", "-o", "one.npz")).code == 0
    assert (tmp_path / "many.npz").read_bytes() == (tmp_path / "one.npz").read_bytes()


def children(child):
    path = Path(f"/proc/{child.pid}/task/{child.pid}/children")
    if not path.exists():
        pytest.skip("needs /proc, to know the processes of a job")
    return [int(pid) for pid in path.read_text().split()]


MOMENTS = [*range(20)]


@pytest.mark.parametrize("moment", some_slow(MOMENTS, {*MOMENTS} - {3}))
def test_a_killed_process_loses_nothing(moment, process, jaxrf, erf_command, tmp_path):
    chance = Random(moment)
    after, victim = chance.randrange(1, SAMPLES - 8), chance.randrange(2)
    state = tmp_path / "out.npz.partial.npz"
    child = process(*erf_command(*OPTIONS, *TWO, "-o", "out.npz", pause=0.03))
    until(lambda: done(state) >= after, child)
    os.kill(children(child)[victim], signal.SIGKILL)
    out, err = child.communicate(timeout=60)
    assert (child.returncode, out) == (2, ""), err
    assert "--resume to go on" in err.splitlines()[-1]
    assert after <= done(state) < SAMPLES
    many = TWO if moment % 2 else ()  # as many processes as before, or one
    ended(process(*erf_command(*OPTIONS, *many, "-o", "out.npz", "--resume")))
    assert jaxrf(*erf_command(*OPTIONS, "-o", "whole.npz")).code == 0
    assert (tmp_path / "out.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


@pytest.mark.slow
def test_an_interrupt_keeps_what_was_sampled(process, erf_command, tmp_path):
    state = tmp_path / "out.npz.partial.npz"
    child = process(*erf_command(*OPTIONS, *TWO, "-o", "out.npz", pause=0.03))
    until(lambda: done(state) >= 8, child)
    child.send_signal(signal.SIGTERM)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "jaxrf erf: kept what was sampled in out.npz.partial.npz; go on with --resume" in err
    assert 8 <= done(state) < SAMPLES


FAILS = """
import os
from jaxrf.measure.sampler import Sampler
draw = Sampler.draw_samples
def failing(self, variables, samples):
    if os.environ.get("JAX_PROCESS_ID") == "1" and 5 in samples:
        raise ValueError("of this process alone")
    return draw(self, variables, samples)
Sampler.draw_samples = failing
"""


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--samples", "8"), ("process 1: ValueError: of this process alone",)),
        pytest.param(("--at", "99,0"), ("at: got", "out of range"), marks=pytest.mark.slow),
    ],
)
def test_an_error_ends_all_processes_in_a_line(options, words, process, erf_command, tmp_path):
    command = erf_command(*options, *TWO, "-o", "out.npz")
    (tmp_path / "model.py").write_text((tmp_path / "model.py").read_text() + FAILS)
    child = process(*command)
    _, err = child.communicate(timeout=120)
    assert child.returncode == 2
    (line,) = [line for line in err.splitlines() if "error: " in line]
    assert line.startswith("jaxrf erf: error: ")
    assert all(word in line for word in words), err


def test_a_number_of_processes_that_cannot_be(jaxrf, erf_command):
    refused(jaxrf(*erf_command("--processes", "0")), "--processes: got 0", "at least 1")
