#!/usr/bin/python3
"""What a newcomer does: the sample data, the curl lines that tools/demo prints, the README's tour.

    tour.py [--stack DIR]

The README's commands run as they stand there, in one shell, and what they print must have the shape
that the README shows: the same keys and words, numbers of the same size. In the README, `…` stands
for keys or elements that were left out, or for the rest of an id.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

from lib.stack import ROOT, stack, tool

SAMPLE_DATA = os.path.join(ROOT, "tools", "sample-data")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
REST = "…"
MARK = "@@ tour"


class Failed(Exception):
    """What is not as it should be."""


def run(command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=120, check=False, **more)
    if done.returncode != 0:
        raise Failed(f"exit {done.returncode}: {command}\n{done.stdout}")
    return done.stdout


def documents(text):
    """The JSON documents that stand one behind the other in a text."""
    found, decoder, at = [], json.JSONDecoder(), 0
    while at < len(text.rstrip()):
        at += len(text[at:]) - len(text[at:].lstrip())
        try:
            document, at = decoder.raw_decode(text, at)
        except ValueError as error:
            raise Failed(f"no JSON ({error}): {text[at:at + 500]}") from error
        found.append(document)
    return found


# ---- shapes ----------------------------------------------------------------------------------


def readable(shown):
    """A README's block as JSON: the ellipsis becomes a key or an element of its own."""
    shown = re.sub(r"…\s*\]", f'"{REST}"]', shown)
    return re.sub(r'(?<=[,{])(\s*)…(\s*[,}])', rf'\1"{REST}": 0\2', shown)


def compare(shown, found, place):
    """Raises Failed where the answer has another shape than the README."""
    if isinstance(shown, dict) and isinstance(found, dict):
        known = shown.keys() - {REST}
        if known - found.keys() or (REST not in shown and found.keys() - known):
            raise Failed(f"{place}: has {sorted(found)}, the README {sorted(shown)}")
        for key in known:
            compare(shown[key], found[key], f"{place}.{key}")
    elif isinstance(shown, list) and isinstance(found, list):
        more = shown[-1:] == [REST]
        wanted = shown[:-1] if more else shown
        if len(found) < len(wanted) + more or (not more and len(found) != len(wanted)):
            raise Failed(f"{place}: {len(found)} elements")
        for index, element in enumerate(wanted):
            compare(element, found[index], f"{place}.{index}")
    elif not same_scalar(shown, found, place):
        raise Failed(f"{place}: {json.dumps(found, ensure_ascii=False)[:300]}, the README has "
                     f"{json.dumps(shown, ensure_ascii=False)[:300]}")


def same_scalar(shown, found, place):
    if type(shown) is not type(found) and not (is_number(shown) and is_number(found)):
        return False
    if is_number(shown):
        return place.endswith(".tookMs") or abs(shown - found) <= 2 + 0.1 * abs(shown)
    if isinstance(shown, str) and shown.endswith(REST):
        return len(found) >= len(shown)
    if isinstance(shown, str) and INSTANT.fullmatch(shown):
        return INSTANT.fullmatch(found) is not None
    return shown == found


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


# ---- what a newcomer does --------------------------------------------------------------------


def tour_blocks():
    """[(commands, what the README shows for them or None)] of the tour."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        tour = re.search(r"^## A tour.*?(?=^## )", file.read(), re.M | re.S)[0]
    blocks = []
    for language, text in re.findall(r"^```(\w+)\n(.*?)^```", tour, re.M | re.S):
        if language == "sh":
            blocks.append((text, None))
        else:
            blocks[-1] = (blocks[-1][0], text)
    return blocks


def check_tour(folder):
    """Yields a problem or None for each block."""
    blocks = tour_blocks()
    script = "".join(f"{commands}\necho '{MARK}'\n" for commands, _ in blocks)
    printed = run(["bash", "-eu", "-o", "pipefail", "-c", script], cwd=folder).split(MARK + "\n")
    for (commands, shown), output in zip(blocks, printed, strict=False):
        try:
            if shown is None:
                if output.strip():
                    raise Failed(f"prints what the README does not show: {output}")
            else:
                wanted, found = documents(readable(shown)), documents(output)
                compare(wanted, found, "answer")
            yield None
        except Failed as problem:
            yield f"{problem}\n{commands}{output}"


def check_demo_lines(folder):
    """The lines that tools/demo ends with, as its own text makes them, each in a shell of its own."""
    with open(os.path.join(ROOT, "tools", "demo"), encoding="utf-8") as file:
        text = file.read()
    setting = re.search(r"^auth=.*$", text, re.M)[0]
    lines = re.findall(r"^curl .*$", text, re.M)
    if len(lines) != 5:
        yield f"tools/demo prints {len(lines)} curl lines"
    for line in lines:
        pasted = run(["bash", "-euc", f". .demo/env\n{setting}\ncat <<TEXT\n{line}\nTEXT"], cwd=folder)
        try:
            answer = documents(run(["bash", "-uc", pasted]))[0]
            refused = isinstance(answer, dict) and answer.get("success") is False
            yield f"{pasted}\n{answer}" if refused else None
        except Failed as problem:
            yield str(problem)


def check_sample_data(folder):
    place = os.path.join(folder, ".demo")
    first = run([SAMPLE_DATA, place])
    yield None if len(re.findall(r'^segment ".*: [\d,]+ contacts$', first, re.M)) >= 3 else first
    again = run([SAMPLE_DATA, place])
    yield None if "there already" in again else again
    live = run([SAMPLE_DATA, "--live", "20", place])
    counts = [int(n) for n in re.findall(r"has ([\d,]+) contacts", live)]
    yield None if len(counts) == 10 and counts == sorted(counts) and counts[-1] > counts[0] else live


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--stack", help="directory of a running stack")
    given = arguments.parse_args()
    passed = failed = 0
    with stack(given.stack, worker="1") as running, tempfile.TemporaryDirectory() as folder:
        project = running.project("tour")
        os.mkdir(os.path.join(folder, ".demo"))
        with open(os.path.join(folder, ".demo", "env"), "w", encoding="utf-8") as file:
            file.write(f"MUSTER_URL={running.url}\nMUSTER_SECRET_KEY={project.secret}\n"
                       f"MUSTER_PUBLIC_KEY={project.public}\n")
        for step in (check_sample_data, check_tour, check_demo_lines):
            try:
                for problem in step(folder):
                    passed, failed = passed + (not problem), failed + bool(problem)
                    if problem:
                        print(f"{step.__name__}: {problem}\n")
            except Failed as problem:
                failed += 1
                print(f"{step.__name__}: {problem}\n")
            tool("work", "--dir", running.directory)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
