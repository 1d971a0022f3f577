"""The arrows between folders, what each library is linked with, and the tests that tests/silence.md names: layout.py SOURCE_FOLDER BUILD_FOLDER

A folder of the engine needs another if one of its sources includes a header of that folder: a private one (`run/ledger.h`), or a public one
(`leat/archive.h`), which belongs to the folder whose source has its stem. Public headers without a source belong to no folder.
"""
import pathlib
import re
import subprocess
import sys

source, build = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import script  # noqa: E402
from script import check  # noqa: E402

engine = source / "engine"
roots = {"src": engine / "src", "tools": engine / "tools"}  # of private headers
public = {"src": engine / "include", "tools": engine / "tools" / "include"}


def includes(path):
    return re.findall(r'^#include "([^"]+)"', path.read_text(), re.M)


def code_below(folder):
    return sorted(path for path in folder.rglob("*") if path.suffix in (".cpp", ".h"))


def sources_of(library):
    return [path for path in code_below(roots[library]) if public["tools"] not in path.parents]


def folder_of(path, library):
    """`src/run`"""
    return f"{library}/{path.relative_to(roots[library]).parts[0]}"


def owners():
    """The folder of each header, as sources name it."""
    out = {}
    for library, root in roots.items():
        files = sources_of(library)
        out.update({str(path.relative_to(root)): folder_of(path, library) for path in files if path.suffix == ".h"})
        folders = {path.stem: folder_of(path, library) for path in files if path.suffix == ".cpp"}
        out.update({f"leat/{path.name}": folders[path.stem] for path in code_below(public[library]) if path.stem in folders})
    return out


def arrows():
    """For each two folders, the lines that make one need the other."""
    owner, out = owners(), {}
    for library in roots:
        for path in sources_of(library):
            here = folder_of(path, library)
            for header in includes(path):
                there = owner.get(header, here)
                if there != here:
                    out.setdefault((here, there), []).append(f"{path.relative_to(engine)} includes {header}")
    return out


def reached(start, pairs):
    found, waiting = set(), [start]
    while waiting:
        at = waiting.pop()
        for here, there in pairs:
            if here == at and there not in found:
                found.add(there)
                waiting.append(there)
    return found


def needed(file):
    said = subprocess.run(["readelf", "-d", file], stdout=subprocess.PIPE, text=True, check=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.*)\]", said)


def check_own_headers():
    wrong = []
    for library, root in roots.items():
        for path in sources_of(library):
            first = re.search(r'^#include [<"]([^>"]+)', path.read_text(), re.M)
            own = (str(path.relative_to(root).with_suffix(".h")), f"leat/{path.stem}.h")
            if path.suffix == ".cpp" and (not first or first[1] not in own):
                wrong.append(f"{path.relative_to(source)}: {first[1] if first else 'nothing'}")
    check("each source of the engine includes the header of its own stem first", not wrong, "\n".join(wrong))


def check_cycles():
    lines = arrows()
    wrong = [(len(of_pair), f"{here} needs {there}: {of_pair[0]}") for (here, there), of_pair in lines.items() if here in reached(there, lines)]
    check("no folder of the engine needs one that needs it", not wrong, "\n".join(f"{line}, and {count - 1} more" for count, line in sorted(wrong)))
    wrong = [line for (here, there), of_pair in lines.items() if here.startswith("src/") and there.startswith("tools/") for line in of_pair]
    check("what runs graphs needs nothing of the tools", not wrong, "\n".join(wrong))


def check_borders():
    of_tools = {f"leat/{path.name}" for path in code_below(public["tools"])}
    private = {name for name in owners() if not name.startswith("leat/")}

    def mistakes(folder, forbidden):
        return [f"{path.relative_to(source)} includes {header}" for path in code_below(source / folder) for header in includes(path) if header in forbidden]

    wrong = mistakes("engine/include", private | of_tools) + mistakes("engine/tools/include", private)
    check("public headers include no private one, and the engine's none of the tools", not wrong, "\n".join(wrong))
    wrong = [line for folder in ("nodes", "plugins") for line in mistakes(folder, private | of_tools)]
    check("nodes and plugins include public headers of the engine only", not wrong, "\n".join(wrong))
    wrong = mistakes("cli", private)
    check("the command includes public headers only", not wrong, "\n".join(wrong))


def check_libraries():
    heavy = ("torch", "c10", "opencv", "jpeg", "leat_nodes")
    for file, forbidden in (("engine/libleat_engine.so", ("sqlite", "leat_tools", *heavy)), ("engine/libleat_tools.so", heavy), ("leat", heavy),
                            ("nodes/libleat_nodes.so", ("sqlite", "leat_tools"))):
        wrong = [name for name in needed(build / file) if any(word in name for word in forbidden)]
        check(f"{file} is linked with none of {', '.join(forbidden)}", not wrong, ", ".join(wrong))


def names_of_tests():
    """Of the test cases in C++: the literals of each TEST_CASE, put together."""
    out = set()
    for path in (source / "tests").rglob("*.cpp"):
        for literals in re.findall(r'TEST_CASE\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)', path.read_text()):
            out.add("".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literals)).replace('\\"', '"'))
    return out


def check_silence():
    rows = [line for line in (source / "tests" / "silence.md").read_text().splitlines() if line.startswith("|")]
    known = names_of_tests() | {path.name for path in (source / "tests" / "errors").glob("*.yaml")}
    named = [name for row in rows for name in re.findall(r'"([^"]+)"|`([a-z_]+\.yaml)`', row)]
    wrong = sorted({name or page for name, page in named if (name or page) not in known})
    check("the tests that tests/silence.md names exist", named and not wrong, "\n".join(wrong))


check_own_headers()
check_silence()
check_cycles()
check_borders()
check_libraries()
script.end()
