"""Ranks that PyTorch's own launcher starts: torchrun.py LEAT_RANK_WORKER"""
import os
import pathlib
import subprocess
import sys

worker = sys.argv[1]
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import script  # noqa: E402
from script import check  # noqa: E402

if subprocess.run([sys.executable, "-c", "import torch.distributed.run"], stderr=subprocess.DEVNULL).returncode != 0:
    script.skip("there is no torch.distributed.run, or a package that it needs is missing")


def torchrun(*words, shares_store, restarts=0):
    """Runs a program on three ranks. The launcher's agent hosts the store, or the first rank does."""
    environment = dict(os.environ, TORCH_DISABLE_SHARE_RDZV_TCP_STORE="0" if shares_store else "1", GOMP_SPINCOUNT="3000")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "3", "--max-restarts", str(restarts),
               "--no-python", *words]
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


for shares_store in (True, False):
    host = "the agent hosts the store" if shares_store else "rank 0 hosts the store"
    ended = torchrun(worker, "60", "gathers", shares_store=shares_store)
    check(f"torchrun, {host}: all ranks succeed", ended.returncode == 0 and ended.stdout.count("done\n") == 3, ended.stdout)
    ended = torchrun(worker, "60", "fails", "1", shares_store=shares_store)
    check(f"torchrun, {host}: it fails if a rank does", ended.returncode != 0 and "error: its disk is full" in ended.stdout, ended.stdout)
    # The first attempt fails in one rank, the second succeeds.
    once = f'if [ "$TORCHELASTIC_RESTART_COUNT" = 0 ]; then exec {worker} 60 fails 1; else exec {worker} 60 gathers; fi'
    ended = torchrun("sh", "-c", once, shares_store=shares_store, restarts=1)
    check(f"torchrun, {host}: ranks that are started again meet", ended.returncode == 0 and ended.stdout.count("done\n") == 3, ended.stdout)
script.end()
