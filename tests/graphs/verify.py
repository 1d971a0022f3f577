"""`leat verify` beside busy loops, for on an idle machine threads meet in an order that hides mistakes.

  verify.py build/leat graphs/demo.yaml --busy 2 --threads 1,2,8 --steps 20

All but --busy is `leat verify`'s, whose exit code is this one's.
"""
import argparse
import subprocess
import sys


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("leat")
    parser.add_argument("graph")
    parser.add_argument("--busy", type=int, default=2, help="busy loops")
    options, verify = parser.parse_known_args()
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(options.busy)]
    try:
        return subprocess.run([options.leat, "verify", options.graph, *verify]).returncode
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


if __name__ == "__main__":
    sys.exit(main())
