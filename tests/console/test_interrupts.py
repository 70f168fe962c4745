"""Signals as Ctrl-C, also those that come at a bad moment."""

import gc
import os
import signal
import sys
import threading
import time

import pytest

from jaxrf.console.interrupts import interrupts_deferred, terminated_as_interrupted


@pytest.fixture(autouse=True)
def listening():
    """A worker of pytest ignores interrupts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_an_interrupt_and_what_was_before_comes_back(number):
    handler, hook = signal.getsignal(number), sys.unraisablehook
    with pytest.raises(KeyboardInterrupt), terminated_as_interrupted():
        os.kill(os.getpid(), number)
        time.sleep(5)
    assert signal.getsignal(number) == handler
    assert sys.unraisablehook is hook


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("ignored", [False, True], ids=["", "SIGINT ignored"])
def test_a_signal_while_garbage_is_collected_is_not_lost(number, ignored, capsys):
    if ignored and number == signal.SIGINT:
        pytest.skip("then nothing is to happen")
    if ignored:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    called = []

    def callback(phase, info):
        if phase == "start" and not called:
            called.append(phase)
            os.kill(os.getpid(), number)
            for _ in range(1000):  # Python looks for signals between two steps
                pass

    gc.collect()
    gc.disable()
    try:
        with pytest.raises(KeyboardInterrupt), terminated_as_interrupted():
            gc.callbacks.append(callback)
            gc.collect()
            assert called
            time.sleep(5)
    finally:
        gc.callbacks.remove(callback)
        gc.enable()
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_is_held_back_comes_at_the_end(number):
    done = []
    with pytest.raises(KeyboardInterrupt), terminated_as_interrupted(), interrupts_deferred():
        os.kill(os.getpid(), number)
        time.sleep(0.05)
        done.append(number)
    assert done
    with interrupts_deferred():
        pass


def test_in_a_destructor(capsys):
    class Held:
        def __del__(self):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), terminated_as_interrupted():
        Held()
        time.sleep(5)


def test_other_errors_there_are_reported_as_ever(capsys):
    class Held:
        def __del__(self):
            raise ValueError("of the destructor")

    with terminated_as_interrupted():
        Held()
    assert "of the destructor" in capsys.readouterr().err


def test_in_another_thread_nothing_is_changed():
    seen = []

    def work():
        with terminated_as_interrupted():
            seen.append(signal.getsignal(signal.SIGTERM))

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
