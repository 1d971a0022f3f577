"""What test scripts share: commands that have to end as expected, and checks that are told one by one."""
import shutil
import subprocess
import sys

failures = []


def run(*words, expected=0, **settings):
    """Both outputs of a command as one text. It has to end with the code expected; None: with any."""
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **settings)
    if expected is not None and done.returncode != expected:
        sys.exit(f"{' '.join(map(str, words))}\nended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def check(name, condition, text=""):
    """Tells whether it holds; what was found where it does not."""
    print(("ok      " if condition else "FAILED  ") + name)
    if not condition:
        failures.append(name)
        print(text)


def skip(why):
    print(f"skipped: {why}; `./do test` installs what tests compare with")
    sys.exit(77)


def end(scratch=None):
    """Fails with what did not hold, and leaves the scratch folder, where there is one, for a look, or removes it."""
    if failures:
        sys.exit(f"{len(failures)} failed: {', '.join(failures)}")
    if scratch:
        shutil.rmtree(scratch)
