"""Every C++ file is as clang-format writes it: format.py SOURCE_FOLDER

Other versions write other text, so it is the one that tests/requirements.txt names, from .deps/peers or the machine's own.
"""
import pathlib
import re
import shutil
import subprocess
import sys

source = pathlib.Path(sys.argv[1]).resolve()
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import script  # noqa: E402

version = re.search(r"^clang-format==(.+)$", (source / "tests" / "requirements.txt").read_text(), re.M)[1]


def clang_format():
    for file in (source / ".deps" / "peers" / "clang_format" / "data" / "bin" / "clang-format", shutil.which("clang-format")):
        if file and pathlib.Path(file).exists() and f"version {version}" in script.run(file, "--version"):
            return file
    script.skip(f"there is no clang-format {version}")


def files():
    """Those of the repository, and new ones that it does not ignore."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.cpp", "*.h"], cwd=source, stdout=subprocess.PIPE, text=True)
    if listed.returncode != 0:
        script.skip("the source is no repository of git, which knows its files")
    return [file for file in listed.stdout.splitlines() if (source / file).exists()]


said = script.run(clang_format(), "--dry-run", "-Werror", *files(), cwd=source, expected=None)
wrong = sorted(set(re.findall(r"^([^:\s]+):\d+:\d+: error: code should be clang-formatted", said, re.M)))
script.check(f"clang-format {version} changes nothing", not said, f"clang-format -i {' '.join(wrong)}\n{said}" if wrong else said)
script.end()
