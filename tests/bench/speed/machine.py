"""The machine, the versions of what is compared, and what else uses the cores."""

import importlib.metadata
import os
import pathlib
import platform
import subprocess
import time

COMPARED = ("torch", "torchvision", "pillow", "opencv-python-headless", "albumentationsx", "nvidia-dali-cuda130", "spdl_core", "numpy")
LOUD = 0.1  # Cores of other programs from which on a measurement is not to be believed.


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def memory_gib():
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)


def versions(packages):
    """Versions by name of what is installed in these folders."""
    found = {}
    for one in importlib.metadata.distributions(path=[str(folder) for folder in packages]):
        name = one.metadata["Name"]
        if name and name.lower().replace("_", "-") in {known.replace("_", "-") for known in COMPARED}:
            found[name.lower()] = one.version
    return dict(sorted(found.items()))


def commit(source):
    done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=source, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else "not a repository"


def described(source, packages, cores):
    return {
        "processor": processor(),
        "cores": len(cores),
        "cores_of_machine": os.cpu_count(),
        "memory_gib": memory_gib(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "leat": commit(source),
        "versions": versions(packages),
        "began": time.strftime("%Y-%m-%d %H:%M:%S %Z"),
    }


def busy_ticks(cores):
    ticks = 0
    for line in pathlib.Path("/proc/stat").read_text().splitlines():
        name, *fields = line.split()
        if name.startswith("cpu") and name[3:].isdigit() and int(name[3:]) in cores:
            user, nice, system, _, _, irq, soft, steal = (int(field) for field in fields[:8])
            ticks += user + nice + system + irq + soft + steal
    return ticks


def others_cores(cores, seconds=0.5):
    """The number of these cores that other programs use, looked at while this one waits."""
    before, began = busy_ticks(cores), time.monotonic()
    time.sleep(seconds)
    return (busy_ticks(cores) - before) / os.sysconf("SC_CLK_TCK") / (time.monotonic() - began)
