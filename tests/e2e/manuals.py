#!/usr/bin/python3
"""The man pages (conf/man) against the programs: what --help says and what the sources read, both ways.

    manuals.py

Needs the programs (MUSTER_BUILD, as tools/stack) and mandoc; starts no server.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
PAGES = os.path.join(ROOT, "conf", "man")
PROGRAMS = {"muster": "1", "muster-api": "8", "muster-worker": "8"}
# Where each program reads the settings that app/base/config.h lists.
READERS = {"muster": ["app/main/muster.c", "app/cli/*.c"], "muster-api": ["app/main/muster-api.c"],
           "muster-worker": ["app/main/muster-worker.c", "app/worker/*.c"]}
OF_TESTS = {"MUSTER_DB_FAULT"}
OPTION = re.compile(r"--[a-z]+(?:-[a-z]+)*")


class Failed(Exception):
    """What is not as it should be."""


def expect(holds, message):
    if not holds:
        raise Failed(message)


def same(what, here, there, one, other):
    """Two sets that must be equal."""
    expect(here, f"no {what} found in {one}")
    missing, surplus = sorted(set(there) - set(here)), sorted(set(here) - set(there))
    expect(not missing, f"{what} that {one} lacks, and {other} has: {missing}")
    expect(not surplus, f"{what} that {one} has, and {other} lacks: {surplus}")


# ---- the programs ----------------------------------------------------------------------------


def program(name):
    built = os.path.join(os.environ.get("MUSTER_BUILD", os.path.join(ROOT, "build")), name)
    found = built if os.path.exists(built) else shutil.which(name)
    expect(found, f"{name} is not built (MUSTER_BUILD)")
    return found


def run(name, *arguments, **environment):
    """Without a database: nothing here may need one."""
    return subprocess.run([program(name), *arguments], stdin=subprocess.DEVNULL,
                          env={**os.environ, "MUSTER_DB_SOCKET": "/nonexistent", **environment},
                          capture_output=True, text=True, timeout=20, check=False)


def help_of(name, *words):
    done = run(name, *words, "--help")
    expect(done.returncode == 0 and not done.stderr, f"{name} {words} --help: {done!r}")
    expect(done.stdout.startswith("usage: "), f"{name} {words}: {done.stdout!r}")
    return done.stdout


def commands():
    """{usage without the program's name: first sentence} of `muster --help`."""
    found = re.findall(r"^  (\S.*)\n      (\S.*)$", help_of("muster"), re.M)
    expect(len(found) >= 12, f"muster --help lists {found}")
    return dict(found)


def words_of(usage):
    """The one or two words of a command in its usage."""
    return re.match(r"[a-z]+(?:-[a-z]+)*(?: [a-z]+(?:-[a-z]+)*(?= |$))?", usage)[0].split()


def read(pattern):
    """The sources that a pattern names, in one text."""
    paths = sorted(glob.glob(os.path.join(ROOT, pattern)))
    expect(paths, f"no {pattern}")
    text = ""
    for path in paths:
        with open(path, encoding="utf-8") as file:
            text += file.read()
    return text


# ---- the pages -------------------------------------------------------------------------------


def path_of(name):
    return os.path.join(PAGES, f"{name}.{PROGRAMS[name]}")


def mandoc(*arguments):
    expect(shutil.which("mandoc"), "mandoc is missing; tools/bootstrap installs it")
    return subprocess.run(["mandoc", *arguments], capture_output=True, text=True, timeout=20,
                          check=False)


class Page:
    """A manual page as mandoc understands it."""

    def __init__(self, name):
        self.name = name
        html = mandoc("-T", "html", "-O", "fragment", path_of(name))
        expect(html.returncode == 0, f"{name}: {html.stderr}")
        tree = ElementTree.fromstring(
            f"<page>{html.stdout.replace('&nbsp;', ' ')}</page>")
        self.sections = {text(s.find("h1")): s for s in tree.iter("section") if s.find("h1") is not None}

    def section(self, title):
        expect(title in self.sections, f"{self.name} has no section {title}")
        return self.sections[title]

    def synopsis(self):
        return [" ".join(text(cell) for cell in row.iter("td")).strip()
                for row in self.section("SYNOPSIS").iter("tr")]

    def environment(self):
        """{variable: what is said of it}."""
        return {name: body for head, body in items(self.section("ENVIRONMENT"))
                for name in re.findall(r"[A-Z][A-Z_]+", text(head))}


def text(element):
    return re.sub(r"\s+", " ", "".join(element.itertext())).strip()


def items(element):
    """(head, body) of the lists in an element, but not of lists inside these."""
    found = []
    for child in element:
        if child.tag != "dl":
            found += items(child)
            continue
        found += zip(child.findall("dt"), child.findall("dd"))
    return found


# ---- what must hold --------------------------------------------------------------------------


def pages_are_clean():
    """mandoc finds nothing, and every page is installed."""
    on_disk = {os.path.basename(p) for p in glob.glob(os.path.join(PAGES, "*"))}
    listed = re.search(r"^dist_man_MANS = ((?:.*\\\n)*.*)", read("Makefile.am"), re.M)
    expect(listed, "Makefile.am has no dist_man_MANS")
    wanted = {os.path.basename(path_of(name)) for name in PROGRAMS}
    same("pages", on_disk, wanted, "conf/man", "the list of programs")
    same("pages", [os.path.basename(p) for p in listed[1].replace("\\", "").split()], wanted,
         "Makefile.am", "the list of programs")
    for name in PROGRAMS:
        found = mandoc("-T", "lint", "-W", "warning", path_of(name))
        # The system's own index of pages may be old: that says nothing about ours.
        lines = [line for line in (found.stdout + found.stderr).splitlines()
                 if not line.startswith("mandoc: outdated mandoc.db")]
        expect(not lines, "\n".join(lines))


def pages_know_each_other():
    """SEE ALSO names the other pages, and no page of ours that is not there."""
    for name in PROGRAMS:
        seen = set(re.findall(r"[\w-]+\(\d\)", text(Page(name).section("SEE ALSO"))))
        same("pages", {s for s in seen if s.startswith("muster")},
             {f"{other}({number})" for other, number in PROGRAMS.items() if other != name},
             f"SEE ALSO of {name}", "conf/man")


def commands_are_described():
    """Each command stands in the page with the very usage that the program prints, and no other."""
    page, told = Page("muster"), commands()
    same("commands", [text(head) for head, _body in items(page.section("COMMANDS"))], told,
         "muster.1", "muster --help")
    for usage, sentence in told.items():
        helped = help_of("muster", *words_of(usage))
        first, rest = helped.split("\n", 1)
        expect(first == f"usage: muster {usage}", f"{first!r} is not the usage {usage!r}")
        expect(rest.startswith(sentence), f"{usage}: {sentence!r} is not how {rest!r} begins")
    for group in {words[0] for words in map(words_of, told) if len(words) > 1}:
        same(f"commands of {group}", help_of("muster", group).splitlines(),
             {f"usage: muster {usage}" for usage in told if usage.startswith(group + " ")},
             f"muster {group} --help", "muster --help")


def options_are_described():
    """Each option of each command is explained, and each that is explained is there; the sources
    take those and no others."""
    everywhere = set()
    for head, body in items(Page("muster").section("COMMANDS")):
        usage = text(head)
        given = re.findall(r"\[(--[^]]*)\]", usage)
        everywhere |= set(OPTION.findall(usage))
        explained = [text(option) for option, _ in items(body)]
        expect(sorted(given) == sorted(explained), f"{usage}: explained are {explained}")
        surplus = set(OPTION.findall(help_of("muster", *words_of(usage)))) - set(
            OPTION.findall(usage))
        expect(not surplus, f"muster {usage}: --help tells of {surplus}")
    taken = set(re.findall(r'"(--[a-z-]+)"', read("app/cli/*.c"))) - {"--help"}
    same("options", everywhere, taken, "muster.1", "app/cli")


def worker_is_described():
    """Usage, options, classes and jobs of the worker."""
    page, told = Page("muster-worker"), help_of("muster-worker")
    expect(page.synopsis()[0] == told.split("\n")[0].removeprefix("usage: "),
           f"{page.synopsis()} is not {told!r}")
    same("options", [o for head, _ in items(page.section("DESCRIPTION"))
                     for o in OPTION.findall(text(head))],
         OPTION.findall(told.split("\n")[0]), "muster-worker.8", "muster-worker --help")
    described = {text(head): [text(job) for job, _ in items(body)]
                 for head, body in items(page.section("CLASSES"))}
    source = {}
    for job, kind in re.findall(r'^    \{"(\w+)", +CLASS_(\w+),', read("app/worker/worker.c"), re.M):
        source.setdefault(kind.lower(), []).append(job)
    same("classes", described, source, "muster-worker.8", "app/worker/worker.c")
    listed = re.search(r"Classes and their jobs: (.*?);", told, re.S)[1]
    helped = {kind: jobs.split(", ") if jobs else [kind]
              for kind, jobs in re.findall(r"(\w+)(?: \(([^)]*)\))?", re.sub(r"\s+", " ", listed))}
    for kind, jobs in source.items():
        same(f"jobs of {kind}", described[kind], jobs, "muster-worker.8", "app/worker/worker.c")
        same(f"jobs of {kind}", helped.get(kind), jobs, "muster-worker --help", "app/worker/worker.c")


def api_is_described():
    """The API has no arguments, and says so."""
    page, told = Page("muster-api"), help_of("muster-api")
    expect(page.synopsis()[0] == told.split("\n")[0].removeprefix("usage: "),
           f"{page.synopsis()} is not {told!r}")


def settings():
    """{field of struct config: its variable}."""
    fields = dict(re.findall(r"(\w+);\s*/\* (MUSTER_\w+),", read("app/base/config.h")))
    same("settings", fields.values(), re.findall(r'"(MUSTER_[A-Z_]+)"', read("app/base/config.c")),
         "app/base/config.h", "app/base/config.c")
    return fields


def environment_is_described():
    """Each page names the settings that its program reads, and no others."""
    fields, database = settings(), set(re.findall(r'"(MUSTER_\w+)"', read("app/db/db.c")))
    named = set()
    for name, sources in READERS.items():
        code = "".join(map(read, sources))
        used = {fields[f] for f in re.findall(r"\bconfig(?:->|\.)(\w+)", code) if f in fields}
        told = Page(name).environment()
        same("settings", [v for v in told if v.startswith("MUSTER_")], used | database,
             f"{name}.{PROGRAMS[name]}", "the program")
        named |= set(told)
    everywhere = read("app/**/*.c")
    asked = set(re.findall(r'getenv\("([A-Z_]+)"\)', everywhere)) - OF_TESTS
    same("variables", {v for v in named if not v.startswith("MUSTER_")},
         {v for v in asked if not v.startswith("MUSTER_")}, "the pages", "the sources")


def defaults_are_told():
    """What holds without a setting stands beside it."""
    config = read("app/base/config.c")
    known = dict(re.findall(r'(?:text_of|env_or)\("(\w+)", "([^"]+)"\)',
                            config + read("app/db/db.c")))
    for name, number, shift in re.findall(
            r'count_of\("(\w+)", (?:UINT64_C\()?(\d+)\)?(?: << (\d+))?,', config):
        known[name] = str(int(number) << int(shift or 0))
    expect(len(known) >= 12, f"defaults in the sources: {known}")
    plans = re.findall(r'\{"(\w+)", (\d+), (\d+)\}', config)
    for name in PROGRAMS:
        told = {variable: text(body) for variable, body in Page(name).environment().items()}
        for variable, default in known.items():
            expect(variable not in told or
                   re.search(rf"(?<![\w/]){re.escape(default)}(?!\w)", told[variable]),
                   f"{name}: {variable} is {default} without it, which the page does not say")
        for plan in plans if "MUSTER_RATE_PLAN" in told else []:
            for word in plan if plan[0] != "off" else plan[:1]:
                expect(re.search(rf"\b{word}\b", told["MUSTER_RATE_PLAN"]),
                       f"{name}: the plan {plan} is not told")


def statuses_are_true():
    """The pages tell 0, 1 and 2, and the programs end so."""
    for name in PROGRAMS:
        heads = [text(head) for head, _ in items(Page(name).section("EXIT STATUS"))]
        expect(heads == ["0", "1", "2"], f"{name}: {heads}")
        done = run(name, "fly", "away")
        expect(done.returncode == 2 and done.stderr and not done.stdout, f"{done!r}")
        work = {"muster": ["project", "list"], "muster-worker": ["fold"], "muster-api": []}[name]
        done = run(name, *work, MUSTER_LEASE_SECONDS="soon", MUSTER_CACHE_DIR="",
                   MUSTER_METRICS_FILE="", MUSTER_HOST_MEMORY="/nonexistent/host.mem")
        expect(done.returncode == 1 and "MUSTER_LEASE_SECONDS" in done.stderr, f"{done!r}")
    expect(run("muster").returncode == 2, "muster alone is no usage")
    expect(run("muster", "project", "list").returncode == 1, "no database is no failure")


def examples_are_commands():
    """What the examples type is there: commands, their options, jobs."""
    usages = {tuple(words_of(usage)): usage for usage in commands()}
    tried = 0
    for name in PROGRAMS:
        lines = [line for block in Page(name).section("EXAMPLES").iter("pre")
                 for line in "".join(block.itertext()).splitlines()]
        for line in lines:
            typed = re.search(r"(?:^|\| )muster (.*)", line)
            if not typed:
                continue
            words = typed[1].split()
            usage = usages.get(tuple(words[:2])) or usages.get(tuple(words[:1]))
            expect(usage, f"{name}: there is no command {line!r}")
            unknown = set(OPTION.findall(line)) - set(OPTION.findall(usage))
            expect(not unknown, f"{name}: {line!r} has {unknown}")
            tried += 1
    expect(tried >= 8, f"{tried} examples")


CASES = [pages_are_clean, pages_know_each_other, commands_are_described, options_are_described,
         worker_is_described, api_is_described, environment_is_described, defaults_are_told,
         statuses_are_true, examples_are_commands]


def main():
    failed = 0
    for case in CASES:
        try:
            case()
            print(f"ok   {case.__name__}")
        except Failed as failure:
            failed += 1
            print(f"FAIL {case.__name__}: {failure}")
    print(f"{len(CASES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
