#!/usr/bin/python3
"""The official client of Plunk for Node, as npm has it and unmodified, tracks against the stack.

    plunknode.py [--stack DIR]

Says `skipped` where npm's registry cannot be reached. Node comes with tools/bootstrap.
"""
import argparse
import json
import subprocess
import sys
import tempfile

from lib.rows import read
from lib.stack import stack

PACKAGE = "@plunk/node@3.0.3"
SCRIPT = """
const Plunk = require("@plunk/node").default;
const [url, secret, open, revoked] = process.argv.slice(2);
const plunk = (key) => new Plunk(key, { baseUrl: url + "/v1/" });
const told = {};
const tell = async (name, key, event) => {
  try {
    told[name] = await plunk(key).events.track(event);
  } catch (error) {
    told[name] = { thrown: error.constructor.name, message: error.message };
  }
};
(async () => {
  await tell("secret", secret, { event: "new-project", email: "Hello@Example.com", data: {
    company: "Plunk", once: { value: "seen", persistent: false } } });
  await tell("again", secret, { event: "new-project", email: "hello@example.com", data: { plan: "pro" } });
  await tell("public", open, { event: "signup", email: "open@example.com", subscribed: false });
  await tell("revoked", revoked, { event: "x", email: "hello@example.com" });
  await tell("nonsense", "sk_nonsense", { event: "x", email: "hello@example.com" });
  await tell("address", secret, { event: "x", email: "nobody" });
  await tell("reserved", secret, { event: "email.sent", email: "hello@example.com" });
  console.log(JSON.stringify(told));
})();
"""


def expect(truth, what):
    if not truth:
        raise AssertionError(what)


def install(folder):
    """Why it cannot be tried, or None."""
    try:
        done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--fetch-retries=1",
                               "--prefix", folder, PACKAGE],
                              capture_output=True, text=True, timeout=90, cwd=folder, check=False)
    except subprocess.TimeoutExpired:
        return "npm's registry does not answer"
    return None if done.returncode == 0 else f"npm: {done.stderr.strip().splitlines()[-1:]}"


def track(running, folder):
    project = running.project("plunk node")
    with open(f"{folder}/track.js", "w", encoding="ascii") as file:
        file.write(SCRIPT)
    done = subprocess.run(
        ["node", "track.js", running.url, project.secret, project.public, running.env["MUSTER_REVOKED_KEY"]],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    expect(done.returncode == 0, done.stderr)
    told = json.loads(done.stdout)
    people = {c["email"]: c for c in read(running, project.number).contacts}
    for name in ("secret", "again", "public"):
        expect(told[name].get("success") is True, f"{name}: {told[name]}")
        expect(set(told[name]["data"]) == {"contact", "event", "timestamp"}, f"{name}: {told[name]}")
    expect(told["secret"]["data"]["contact"] == people["hello@example.com"]["id"], "contact's id")
    for name in ("revoked", "nonsense"):
        expect(told[name].get("thrown") == "TokenError", f"{name}: {told[name]}")
    for name in ("address", "reserved"):
        expect(told[name].get("thrown") == "Error", f"{name}: {told[name]}")
    expect(set(people) == {"hello@example.com", "open@example.com"}, f"contacts {sorted(people)}")
    hello = people["hello@example.com"]
    expect(hello["data"] == {"company": "Plunk", "plan": "pro"}, hello["data"])
    expect([d for _, d in sorted(hello["log"]["new-project"])] == [
        {"company": "Plunk", "once": "seen"}, {"plan": "pro"}], hello["log"])
    expect(people["open@example.com"]["status"] == "unsubscribed", "subscribed: false")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--stack", help="directory of a running stack with --worker manual")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder, stack(given.stack) as running:
        reason = install(folder)
        if reason:
            print(f"skipped: {reason}\n0 passed, 0 failed")
            return 0
        try:
            track(running, folder)
        except AssertionError as failure:
            print("FAIL", failure)
            return 1
        print(f"ok   {PACKAGE} tracks")
    return 0


if __name__ == "__main__":
    sys.exit(main())
