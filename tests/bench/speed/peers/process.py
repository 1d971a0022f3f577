"""What a program and all processes that it started use: CPU time, memory, and the time since it began."""

import contextlib
import os
import pathlib
import signal
import time

TICKS = os.sysconf("SC_CLK_TCK")


def stat_fields(pid):
    """The fields of /proc/PID/stat after the name; the first of them is the third of all."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def family():
    """The identifiers of this process and of everything below it."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):  # It has ended.
                children.setdefault(int(stat_fields(entry)[1]), []).append(int(entry))
    found = [os.getpid()]
    for pid in found:
        found += children.get(pid, [])
    return found


def age_s():
    """Seconds since this process began, with the start of Python and all imports."""
    began = int(stat_fields("self")[19]) / TICKS
    return time.clock_gettime(time.CLOCK_BOOTTIME) - began


def cpu_s():
    """CPU seconds of all processes, also of those that have ended and were waited for."""
    total = 0
    for pid in family():
        with contextlib.suppress(OSError):
            total += sum(int(field) for field in stat_fields(pid)[11:15])
    return total / TICKS


def memory_mib():
    """Memory of all processes; a page that several share counts once (PSS)."""
    total_kib = 0
    for pid in family():
        with contextlib.suppress(OSError):
            lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total_kib += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total_kib / 1024


def leave():
    """Ends this process at once, and its workers, which would otherwise notice it seconds later and hold the output until then."""
    # PyTorch's DataLoader raises an exception in this process when one of its workers ends.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for pid in family()[1:]:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    os._exit(0)
