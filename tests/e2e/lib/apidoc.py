"""An OpenAPI document as the suite `openapi` reads it: its operations, and the requests that its examples
are.

Examples of one name in one operation belong together: the body in `requestBody`, the values in `parameters` and the
answer in `responses` are one exchange, called a run here. A parameter without a value of that name has its first example when it
must be given, and is left out otherwise; one with a single `example` is always sent. An answer without content
needs no example: its run has the name of the request's, or "done".

What a schema would refuse can be no example of a request. It stands beside the answer that it gets, as `x-request`:
`body`, `parameters` by name, `contentType`, and `security` ([]: no key; [{"publicKey": []}]: that one). `x-needs` are ids
of what must be there where neither the request nor the answer names it. `x-varies`: the values are of one server at one time.
"""
import json

METHODS = ("get", "put", "post", "delete", "patch")
WIDTH = 120


class Run:
    """A request that an example makes, and the answer that it documents."""

    def __init__(self, operation, name):
        self.operation, self.name = operation, name
        self.status = self.response = self.media_type = self.example = self.pointer = None
        self.parameters, self.body, self.content_type = [], None, None
        self.has_body = self.is_example = False  # is_example: the body is an example of the request's
        self.key = operation.key

    @property
    def label(self):
        return f"{self.operation.label} [{self.name}]"


class Operation:
    def __init__(self, document, path, method, pointer):
        self.document, self.path, self.method, self.pointer = document, path, method.upper(), pointer
        item = document.tree["paths"][path]
        self.tree = item[method]
        self.servers = self.tree.get("servers", item.get("servers"))
        self.parameters = [document.resolve(p, None)[0]
                           for p in item.get("parameters", []) + self.tree.get("parameters", [])]
        self.security = self.tree.get("security", document.tree.get("security", []))
        self.key = key_of(self.security)
        self.body_content = document.resolve(self.tree.get("requestBody", {}), None)[0].get("content", {})

    @property
    def label(self):
        return f"{self.method} {self.path}"

    def path_names(self):
        return [p["name"] for p in self.parameters if p["in"] == "path"]

    def responses(self):
        """(status, response, its pointer), without `default`."""
        for status, response in self.tree["responses"].items():
            found, pointer = self.document.resolve(response, f"{self.pointer}/responses/{status}")
            if status != "default":
                yield int(status), found, pointer

    def answers(self):
        """(name, status, response, media type, example, pointer of the schema) of each documented answer."""
        for status, response, pointer in self.responses():
            for media_type, content in response.get("content", {}).items():
                for name, example in content.get("examples", {}).items():
                    yield (name, status, response, media_type, example,
                           f"{pointer}/content/{escaped(media_type)}/schema")

    def request_examples(self):
        """(name, media type, example)"""
        for media_type, content in self.body_content.items():
            for name, example in content.get("examples", {}).items():
                yield name, media_type, self.document.resolve(example, None)[0]

    def runs(self):
        """Every run; raises ValueError where examples do not fit together."""
        answers = {}
        for name, *answer in self.answers():
            if name in answers:
                raise ValueError(f"{self.label}: two answers are called {name}")
            answers[name] = answer
        bodies = {name: (media_type, example) for name, media_type, example in self.request_examples()}
        silent = [(status, response) for status, response, _ in self.responses() if not response.get("content")]
        names = list(dict.fromkeys([*bodies, *answers]))
        if silent and not [n for n in names if n not in answers]:
            names.insert(0, "done")
        told = {status for status, *_ in answers.values()} | {status for status, _ in silent}
        for status, _, _ in self.responses():
            if status not in told:
                raise ValueError(f"{self.label}: {status} has no example")
        return [self.run(name, answers.get(name), bodies.get(name), silent) for name in names]

    def run(self, name, answer, body, silent):
        run = Run(self, name)
        if answer:
            run.status, run.response, run.media_type, run.example, run.pointer = answer
        elif len(silent) == 1:
            run.status, run.response = silent[0]
        else:
            raise ValueError(f"{run.label}: no answer has this name")
        instead = (run.example or {}).get("x-request", {})
        if body:
            run.content_type, run.body = body[0], body[1]["value"]
            run.has_body = run.is_example = True
        if "body" in instead:
            run.content_type = instead.get("contentType", next(iter(self.body_content), "application/json"))
            run.body, run.has_body = instead["body"], True
        if "security" in instead:
            run.key = key_of(instead["security"])
        given = dict(instead.get("parameters", {}))
        for parameter in self.parameters:
            value = given.pop(parameter["name"], value_of(parameter, name))
            if value is not None:
                run.parameters.append((parameter["in"], parameter["name"], value))
        if given:
            raise ValueError(f"{run.label}: no parameter {', '.join(given)}")
        return run


class Document:
    def __init__(self, path):
        self.file = path
        with open(path, encoding="utf-8") as file:
            self.text = file.read()
        self.tree = json.loads(self.text)

    def resolve(self, node, pointer):
        """(what a $ref means, where that stands)."""
        while "$ref" in node:
            pointer, node = node["$ref"], self.at(node["$ref"])
        return node, pointer

    def at(self, pointer):
        node = self.tree
        for part in pointer[2:].split("/"):
            node = node[part.replace("~1", "/").replace("~0", "~")]
        return node

    def operations(self):
        for path, item in self.tree["paths"].items():
            for method in METHODS:
                if method in item:
                    yield Operation(self, path, method, f"#/paths/{escaped(path)}/{method}")

    def save(self):
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(layout(self.tree) + "\n")


def key_of(security):
    """The first scheme that is asked for, or None."""
    return next(iter(security[0]), None) if security else None


def examples_of(parameter):
    """Of a parameter, or of what it holds as JSON."""
    return parameter.get("examples") or next(iter(parameter.get("content", {}).values()), {}).get("examples", {})


def value_of(parameter, name):
    if "example" in parameter:
        return parameter["example"]
    examples = examples_of(parameter)
    if name in examples:
        return examples[name]["value"]
    if parameter.get("required") and examples:
        return next(iter(examples.values()))["value"]
    return None


def escaped(part):
    return part.replace("~", "~0").replace("/", "~1")


def unused_examples(document):
    """Examples that nothing would try: of parameters that no run sends, of default answers, inside schemas."""
    sent = set()
    for operation in document.operations():
        names = {run.name for run in operation.runs()}
        for parameter in operation.parameters:
            examples = list(examples_of(parameter))
            first = examples[:1] if parameter.get("required") else []
            sent |= {(id(parameter), n) for n in examples if n in names} | {(id(parameter), n) for n in first}
    for operation in document.operations():
        default = document.resolve(operation.tree["responses"].get("default", {}), None)[0]
        if any("examples" in content for content in default.get("content", {}).values()):
            yield f"{operation.label}: the default answer has an example, which no request brings"
        for parameter in operation.parameters:
            for name in examples_of(parameter):
                if (id(parameter), name) not in sent:
                    yield f"{operation.label}: parameter {parameter['name']}: example {name} is never sent"
    for place in schema_examples(document.tree, "#", False):
        yield f"{place}: an example inside a schema, which no test would try"


def schema_examples(node, place, inside):
    if isinstance(node, list):
        for number, part in enumerate(node):
            yield from schema_examples(part, f"{place}/{number}", inside)
    if not isinstance(node, dict):
        return
    for name, part in node.items():
        if inside == "schema" and name in ("example", "examples"):
            yield f"{place}/{name}"
        elif inside == "schema" and name == "properties":
            for key, value in part.items():
                yield from schema_examples(value, f"{place}/{name}/{key}", "schema")
        elif name not in ("value", "x-request", "default", "const", "enum"):
            kind = "schema" if inside == "schema" or name == "schema" or place == "#/components/schemas" else False
            yield from schema_examples(part, f"{place}/{name}", kind)


def layout(value, indent=0, before=0):
    """JSON as it is kept here: what fits in a line stands in one. `before`: what the line already holds."""
    short = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (dict, list)) or not value or indent + before + len(short) <= WIDTH:
        return short
    inner = " " * (indent + 2)
    if isinstance(value, list):
        parts = [inner + layout(part, indent + 2, 1) for part in value]
    else:
        parts = [f"{inner}{json.dumps(key)}: " + layout(part, indent + 2, len(key) + 5)
                 for key, part in value.items()]
    opening, closing = "[]" if isinstance(value, list) else "{}"
    return opening + "\n" + ",\n".join(parts) + "\n" + " " * indent + closing
