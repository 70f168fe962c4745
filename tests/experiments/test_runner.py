"""The process of a script: it ends when this one is interrupted, whether it listens or not."""

import os
import signal
import threading
import time

import pytest

from jaxrf.experiments import runner

DEAF = """import os, pathlib, signal, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
pathlib.Path(sys.argv[2], "pid").write_text(str(os.getpid()))
time.sleep(60)
"""


def test_a_script_that_does_not_listen_is_ended(tmp_path, monkeypatch):
    """Interrupted while it compiles, say: that is reported, and nothing is left running."""
    monkeypatch.setattr(runner, "PATIENCE", 0.2)
    script = tmp_path / "deaf.py"
    script.write_text(DEAF)
    pid = tmp_path / "pid"

    def interrupt():
        while not pid.exists() or not pid.read_text():
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    # a worker of pytest ignores interrupts
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Thread(target=interrupt, daemon=True).start()
        with pytest.raises(KeyboardInterrupt):
            runner.run_scripts([script], tmp_path, quick=False, fresh=True)
    finally:
        signal.signal(signal.SIGINT, before)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
