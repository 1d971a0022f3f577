"""What an author of plugins meets: author.py BUILD_FOLDER SCRATCH_FOLDER [tensor]

Installs Leat into a scratch prefix, writes a project there as `leat plugin new` does, builds, tests and runs it; then builds plugins as
others would (Clang; -O3 -march=native -DNDEBUG; debug containers; another string ABI; another LibTorch) and asks the installed command
whether it loads them.
"""
import json
import os
import pathlib
import re
import shutil
import sys
import time

build, scratch = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
has_tensor = sys.argv[3:] == ["tensor"]
here = pathlib.Path(__file__).resolve().parent
sys.path.append(str(here.parent / "support"))
import script  # noqa: E402
from script import check, end  # noqa: E402


def run(*words, **settings):
    return script.run(*words, cwd=scratch, env=environment, **settings)


def built(source, name, flags="", compiler=None):
    folder = scratch / name
    words = ["cmake", "-S", source, "-B", folder, f"-Dleat_DIR={package}", f"-DCMAKE_CXX_FLAGS={flags}", "-DCMAKE_BUILD_TYPE=None"]
    run(*words, *([f"-DCMAKE_CXX_COMPILER={compiler}"] if compiler else []))
    target = "own" if source == here / "own" else "waves"
    run("cmake", "--build", folder, "--target", target)
    return folder / f"{target}.plugin"


def listed(plugin):
    return run(leat, "plugin", "list", "--plugin", plugin)


def check_loads(name, plugin):
    text = listed(plugin)
    check(name, "not loaded" not in text and "(" in text, text)


def check_refused(name, plugin, *parts):
    text = listed(plugin)
    check(name, "not loaded" in text and all(part in text for part in parts), text)


environment = {key: value for key, value in os.environ.items() if key not in ("LEAT_PLUGINS", "LD_LIBRARY_PATH")}
shutil.rmtree(scratch, ignore_errors=True)
scratch.mkdir(parents=True)
prefix = scratch / "prefix"
run("cmake", "--install", build, "--prefix", prefix)
leat = prefix / "bin" / "leat"
package = next(prefix.glob("**/leat-config.cmake")).parent


def library(name):
    return next(prefix.glob(f"**/libleat_{name}.so"))



libraries = run("ldd", leat)
own = [line for line in libraries.splitlines() if "libleat" in line]
check("the installed command finds the installed libraries", len(own) == 2 and all(str(prefix) in line for line in own), libraries)
check("the command loads neither LibTorch nor OpenCV by itself", "torch" not in libraries and "opencv" not in libraries, libraries)
libraries = run("ldd", library("nodes"))
own = [line for line in libraries.splitlines() if "libleat" in line]
check("the installed nodes find the installed engine", len(own) == 1 and str(prefix) in own[0], libraries)

# The nodes' library is loaded by the commands that need nodes only.
without = scratch / "without_nodes"
shutil.copytree(prefix, without, symlinks=True)
for file in without.rglob("libleat_nodes*"):
    file.unlink()
(without / "run").mkdir()
few = without / "bin" / "leat"
for words in ("--help", "--version", "run --help", "runs .", "plugin new few"):
    run(few, *words.split())
for words in ("report run", "tensorboard run"):
    said = run(few, *words.split(), expected=None)
    check(f"`leat {words}` loads no nodes", "not a run" in said or "results.json" in said or "metrics.jsonl" in said, said)
said = run(few, "nodes", expected=1)
check("a command that needs nodes says that they are missing", said.startswith("error: cannot load Leat's own nodes: libleat_nodes.so") and
      said.count("\n") == 1, said)
for name, why in (("image", "cannot name a plugin: the ids of Leat's own nodes begin with `image.`"), ("leat", "CMake has a target of that name")):
    said = run(few, "plugin", "new", name, expected=2)
    check(f"no plugin is called {name}", why in said, said)

# What an author can include is the same from an install and from a build.
source = here.parent.parent
public = {path.name: path for folder in ("engine/include/leat", "engine/tools/include/leat", "nodes/include/leat") for path in (source / folder).glob("*.h")}
installed = {str(path.relative_to(prefix / "include")): path for path in (prefix / "include").rglob("*") if path.is_file()}
of_tensors = {f"{name}.h" for name in ("features", "loss_term", "model", "tensor")}
wanted = {f"leat/{name}" for name in public if has_tensor or name not in of_tensors}
check("an install has the public headers and no other", installed.keys() == wanted, f"{sorted(installed.keys() ^ wanted)} is only in one of the two")
check("they are those of the source", all(path.read_bytes() == public[path.name].read_bytes() for path in installed.values()))
private = ["optim/adam.h", "augment/warp.h", "base/json.h", "run/ledger.h", "report/systems.h"]
for where, config in (("an install", package), ("a build", build)):
    folder = scratch / f"private_header_{config.name}"
    headers = ["leat/report.h", "leat/image.h", *private]
    run("cmake", "-S", here / "private_header", "-B", folder, f"-Dleat_DIR={config}", "-DHEADERS=" + ";".join(headers))
    for header in headers:
        said = run("cmake", "--build", folder, "--target", re.sub("[^a-z]", "_", header), expected=None)
        if header in private:
            check(f"a plugin cannot include {header} from {where}", f"{header}: No such file" in said, said)
        else:
            check(f"a plugin can include {header} from {where}", "Built target" in said or "Linking" in said or "[100%]" in said, said)

begin = time.monotonic()
print(run(leat, "plugin", "new", "waves").strip())
run("cmake", "-S", "waves", "-B", "waves/build", f"-Dleat_DIR={package}")
run("cmake", "--build", "waves/build")
tests = run("ctest", "--test-dir", "waves/build", "--output-on-failure", expected=None)
check("a new project's tests pass", "100% tests passed" in tests, tests)
run(leat, "run", "waves/graph.yaml", "--plugin", "waves/build/waves.plugin", "--out", "sheet")
check("its graph writes a picture", (scratch / "sheet" / "mosaic.png").stat().st_size > 1000, "")
print(f"from the command to the picture: {time.monotonic() - begin:.0f} s")

# A program of one's own that runs a graph.
run("cmake", "-S", here / "embedding", "-B", "embedding", f"-Dleat_DIR={package}")
run("cmake", "--build", "embedding")
said = run(scratch / "embedding" / "embedding", source / "graphs" / "01_first_graph.yaml", "embedded")
check("a program runs a graph, and hears of it", "predict: step 4 of 4\n" in said and "small: 48 x 48, 8 bit" in said and "finished\n" in said, said)
check("it is the one in docs/embedding.md", "```cpp\n" + (here / "embedding" / "main.cpp").read_text() + "```\n" in
      (source / "docs" / "embedding.md").read_text(), "")

# The page for authors: its examples make a plugin, and its graph runs it.
if has_tensor:
    page = (source / "docs" / "writing_nodes.md").read_text()
    project = scratch / "page"
    project.mkdir()
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    for language, text in blocks:
        ids = re.findall(r'^LEAT_(?:NODE|FUNCTION)\(\w+, "\w+\.(\w+)"', text, re.MULTILINE)
        if language == "cpp" and ids:
            check(f"an example of the page for authors holds one type, {ids[0]}, which none has before", len(ids) == 1 and not (project / f"{ids[0]}.cpp").exists(), text)
            (project / f"{ids[0]}.cpp").write_text(text)
    for language, name in (("cmake", "CMakeLists.txt"), ("yaml", "graph.yaml")):
        found = [text for of, text in blocks if of == language]
        check(f"the page for authors has one block of {language}", len(found) == 1, str(len(found)))
        (project / name).write_text(found[0])
    run("cmake", "-S", project, "-B", "page/build", f"-Dleat_DIR={package}")
    run("cmake", "--build", "page/build")
    plugin = project / "build" / "ramps.plugin"
    said = run(leat, "check", project / "graph.yaml", "--plugin", plugin)
    check("nothing is to be said of the graph of the page for authors", "error" not in said and "warning" not in said, said)
    run(leat, "run", project / "graph.yaml", "--plugin", plugin, "--out", "page-run")
    phases = json.loads((scratch / "page-run" / "results.json").read_text())["phases"]
    check("the examples of the page for authors learn", phases["test"]["accuracy.share"] > 0.9, str(phases))
    said = run(leat, "plugin", "check", plugin, project / "graph.yaml")
    check("they keep what nodes promise", "no broken promise found" in said, said)
    wrong = scratch / "page_wrong"
    wrong.mkdir()
    (wrong / "level.cpp").write_text((project / "level.cpp").read_text().replace("frame.state(mean)", "frame[mean]"))
    (wrong / "CMakeLists.txt").write_text(re.sub(r"  NODES .*", "  NODES level.cpp", (project / "CMakeLists.txt").read_text()))
    run("cmake", "-S", wrong, "-B", "page_wrong/build", f"-Dleat_DIR={package}")
    said = run("cmake", "--build", "page_wrong/build", expected=None)
    check("a state that is read as an input does not compile, and one sentence says what is meant", said.count("error:") == 1 and
          "a State is not an input: write `frame.state(x)` instead of `frame[x]`" in said, said)

fast = "-O3 -march=native -DNDEBUG"
check_loads("GCC " + fast, built(scratch / "waves", "fast", fast))
clang = shutil.which("clang++")
if clang:
    check_loads("Clang", built(scratch / "waves", "clang", compiler=clang))
    check_loads("Clang " + fast, built(scratch / "waves", "clang_fast", fast, clang))
else:
    print("skipped Clang: there is no clang++ here")
check_refused("debug containers", built(scratch / "waves", "debug", "-D_GLIBCXX_DEBUG"), "string ABI 1, debug containers, but this is Leat ABI",
              "string ABI 1: build it without -D_GLIBCXX_DEBUG")
check_refused("another string ABI", built(scratch / "waves", "strings", "-D_GLIBCXX_USE_CXX11_ABI=0"), "string ABI 0, but this is Leat ABI",
              "build it with -D_GLIBCXX_USE_CXX11_ABI=1")

# Headers of another Leat: what a later version will look like to plugins of today.
headers = scratch / "headers"
shutil.copytree(prefix / "include" / "leat", headers / "leat")
text = (headers / "leat" / "plugin.h").read_text()
number = int(text.split("#define LEAT_ABI ")[1].split()[0])
(headers / "leat" / "plugin.h").write_text(text.replace(f"#define LEAT_ABI {number}\n", f"#define LEAT_ABI {number + 1}\n"))
check_refused("headers of another Leat", built(scratch / "waves", "later", f"-I{headers}"), f"built for Leat ABI {number + 1}", f"this is Leat ABI {number}",
              "build it again with this leat's headers")

if has_tensor:
    own = built(here / "own", "own", "-O1")
    check_loads("tensors", own)
    graph = here / "own" / "graph.yaml"
    said = run(leat, "plugin", "check", own, graph)
    check("a value, a network, an optimizer, a loss and functions of one's own keep what nodes promise", "no broken promise found" in said, said)
    run(leat, "run", graph, "--plugin", own, "--out", "own-run")
    phases = json.loads((scratch / "own-run" / "results.json").read_text())["phases"]
    check("a network, an optimizer and a loss of one's own learn", phases["test"]["classes.auc"] > 0.6 and phases["train"]["spread.grays"] > 4, str(phases))
    said = run(leat, "check", graph, "--set", "side=20", "--plugin", own, expected=2)
    check("what it refuses is told with its place", "graph.yaml" in said and "pictures of 16 x 16 do not fit a network for 20 pixels" in said, said)
    version = scratch / "torch_of_others" / "torch" / "headeronly"
    version.mkdir(parents=True)
    (version / "version.h").write_text('#pragma once\n#define TORCH_VERSION "1.13.1"\n#define TORCH_VERSION_MAJOR 1\n#define TORCH_VERSION_MINOR 13\n#define TORCH_VERSION_PATCH 1\n')
    check_refused("another LibTorch", built(here / "own", "own_torch", f"-O1 -I{version.parent.parent}"), "`tensor` were built with LibTorch 1.13.1",
                  "those here with LibTorch 2")

end(scratch)
