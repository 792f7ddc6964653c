"""The tables of sql/*.sql, as the lints need them."""
import re

import source

# What belongs to no project, or says which projects there are.
OF_NO_PROJECT = {"instance", "account", "project", "api_key", "schema_migration"}
CREATE = re.compile(r"CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?`?(\w+)`?\s*\((.*?)\)\s*(ENGINE[^;]*)?;",
                    re.DOTALL | re.IGNORECASE)


def statements(path):
    """The file without its comments, lines kept."""
    return re.sub(r"--[^\n]*", lambda m: source.blank(m[0]), source.read(path))


def tables():
    """(path, line, name, body, what stands behind it) of every CREATE TABLE."""
    for path in source.files("sql/*.sql"):
        text = statements(path)
        for match in CREATE.finditer(text):
            yield path, source.line_of(text, match.start()), match[1], match[2], match[3] or ""


def tables_of_projects():
    return {name for _, _, name, _, _ in tables() if name not in OF_NO_PROJECT}
