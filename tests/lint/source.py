"""What the lints share: the files of the tree, C without its comments, and the list of finds."""
import glob
import os
import re
import sys

ROOT = os.environ.get("srcdir") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
finds = []


def files(*patterns):
    """Paths below ROOT that match, sorted, relative to it."""
    found = set()
    for pattern in patterns:
        found.update(glob.glob(os.path.join(ROOT, pattern), recursive=True))
    return sorted(os.path.relpath(path, ROOT) for path in found)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def find(path, line, what):
    finds.append(f"{path}:{line}: {what}")


def finish(rule):
    """Prints what was found under the name of the rule, and ends with its status."""
    for text in finds:
        print(f"{text} [{rule}]")
    sys.exit(1 if finds else 0)


TOKEN = re.compile(r"""/\*.*?\*/ | //[^\n]* | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'""",
                   re.DOTALL | re.VERBOSE)


def blank(text):
    """Spaces in place of all but the newlines."""
    return re.sub(r"[^\n]", " ", text)


def without_comments(text):
    return TOKEN.sub(lambda m: blank(m[0]) if m[0][0] == "/" else m[0], text)


def code_only(text):
    """Without comments, and without what stands between quotes."""
    return TOKEN.sub(lambda m: blank(m[0]) if m[0][0] == "/" else m[0][0] + blank(m[0][1:-1]) + m[0][0],
                     text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1
