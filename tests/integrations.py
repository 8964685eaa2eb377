#!/usr/bin/env python3
"""integrations.py MODLEAK: runs what integrations/README.md recommends, in projects made of its blocks.

What can't be had is named and left out. It comes from `pip install pre-commit` and `npm install husky lefthook lint-staged turbo nx` in
the folder that NODE_FOLDER names. With BUILD_HOOK=1, pre-commit builds the hook `modleak` from this repository, which takes minutes."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
PAGE = (HERE.parent / "integrations/README.md").read_text()
BLOCKS = dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```$", PAGE, re.M | re.S))
NODE = pathlib.Path(os.environ.get("NODE_FOLDER", ".")).resolve() / "node_modules"
PROGRAM = pathlib.Path(sys.argv[1]).resolve()

STORE = "const seen = [];\nexports.add = (x) => { return x; };\nexports.seen = seen;\n"
SERVER = "const store = require('./store');\nrequire('http').createServer((req, res) => { store.add(req.url); res.end(); }).listen(80);\n"
failed = []


def environment(place):
    """modleak on the PATH, an npx that takes it from there, and nothing that talks to anyone."""
    tools = place / "bin"
    if not tools.exists():
        tools.mkdir()
        (tools / "modleak").symlink_to(PROGRAM)
        (tools / "npx").write_text('#!/bin/sh\nexec "$@"\n')
        (tools / "npx").chmod(0o755)
    quiet = {"TURBO_TELEMETRY_DISABLED": "1", "DO_NOT_TRACK": "1", "NX_DAEMON": "false", "NX_NO_CLOUD": "true", "CI": "1"}
    who = {f"GIT_{role}_{what}": "a@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    path = os.pathsep.join([str(tools), str(NODE / ".bin"), os.environ["PATH"]])
    return {**os.environ, **quiet, **who, "PATH": path, "XDG_CACHE_HOME": str(place / "cache")}


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if name.startswith(".husky"):
            path.chmod(0o755)


class Project:
    def __init__(self, place, name, files):
        self.folder, self.name = place / name, name
        self.environment = environment(place)
        write(self.folder, {"package.json": '{ "name": "it", "private": true }\n', ".gitignore": "node_modules\n.nx\n.turbo\n", **files})
        if NODE.is_dir():
            (self.folder / "node_modules").symlink_to(NODE)
        self.must("git", "init", "-q", "-b", "main")
        self.commit("begin")

    def run(self, *command):
        options = {"cwd": self.folder, "env": self.environment, "capture_output": True, "text": True}
        return subprocess.run(list(map(str, command)), **options)

    def must(self, *command):
        done = self.run(*command)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, command))}: {done.stdout[-1500:]}{done.stderr[-1500:]}")
        return done.stdout + done.stderr

    def commit(self, message):
        self.must("git", "add", ".")
        return self.run("git", "commit", "-q", "-m", message)


def expect(name, *facts):
    wrong = [what for what, holds in facts if not holds]
    failed.extend(f"{name}: {what}" for what in wrong)
    print(f"{name}: {'; '.join(wrong) or 'as it should be'}")


def is_missing(name, *tools):
    """Whether a tool can't be had, which is said."""
    missing = [tool for tool in tools if not (shutil.which(tool) or (NODE / ".bin" / tool).exists())]
    if missing:
        print(f"{name}: left out, there is no {', '.join(missing)}")
    return bool(missing)


def stops_a_leak(place, name, files, *prepare):
    """A commit with a leak across two files, of which one is staged, is stopped; one without is let through."""
    project = Project(place, name, {"store.js": STORE, "server.js": SERVER, **files})
    for command in prepare:
        project.must(*command)
    project.must("git", "add", ".")
    project.run("git", "commit", "-q", "-m", "prepared", "--no-verify")
    count = lambda: int(project.must("git", "rev-list", "--count", "HEAD"))
    before = count()
    (project.folder / "store.js").write_text(STORE.replace("return x", "seen.push(x)"))
    leak = project.commit("leak")
    said = leak.stdout + leak.stderr
    stopped = ("a leak is stopped", leak.returncode != 0 and count() == before)
    told = ("it is told", "unbounded-growth" in said and "store.js" in said)
    (project.folder / "store.js").write_text(STORE.replace("return x", "return x + 1"))
    fine = project.commit("fine")
    expect(name, stopped, told, ("a commit without is let through", fine.returncode == 0 and count() == before + 1))


def hooks(place):
    if not is_missing("pre-commit", "pre-commit"):
        hooks = place / "hooks"
        write(hooks, {".pre-commit-hooks.yaml": (HERE.parent / ".pre-commit-hooks.yaml").read_text()})
        repository = Project(place, "hooks", {})
        revision = repository.must("git", "rev-parse", "HEAD").strip()
        block = BLOCKS[".pre-commit-config.yaml"]
        here = re.sub(r"repo: .*", f"repo: {hooks}", re.sub(r"rev: .*", f"rev: {revision}", block))
        here = here.replace("id: modleak", "id: modleak-system")
        stops_a_leak(place, "pre-commit", {".pre-commit-config.yaml": here}, ("pre-commit", "install"))
        if os.environ.get("BUILD_HOOK"):
            head = repository.must("git", "-C", HERE.parent.resolve(), "rev-parse", "HEAD").strip()
            built = re.sub(r"repo: .*", f"repo: {HERE.parent.resolve()}", re.sub(r"rev: .*", f"rev: {head}", block))
            prepare = [("pre-commit", "install"), ("pre-commit", "install-hooks")]
            stops_a_leak(place, "pre-commit-built", {".pre-commit-config.yaml": built}, *prepare)
    if not is_missing("lefthook", "lefthook"):
        stops_a_leak(place, "lefthook", {"lefthook.yml": BLOCKS["lefthook.yml"]}, ("lefthook", "install"))
    if not is_missing("husky", "husky"):
        stops_a_leak(place, "husky", {".husky/pre-commit": BLOCKS[".husky/pre-commit"]}, ("husky",))
    if not is_missing("lint-staged", "husky", "lint-staged"):
        files = {".lintstagedrc.json": BLOCKS[".lintstagedrc.json"], ".husky/pre-commit": "npx lint-staged\n"}
        stops_a_leak(place, "lint-staged", files, ("husky",))


def digests(folder):
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("packages/*/modleak.sarif"))]


def monorepo(place, name, config, command, cached):
    """The second run comes from the cache, and another folder's reports are the same bytes."""
    store = BLOCKS["packages/store/package.json"]
    api = json.loads(store) | {"name": "api", "dependencies": {"store": "*"}}
    own = json.loads(store)
    workspaces = {"name": "all", "private": True, "packageManager": "npm@11.0.0", "workspaces": ["packages/*"]}
    package = lambda of: {"version": "1.0.0", "resolved": f"packages/{of}", "link": True}
    lock = {"name": "all", "lockfileVersion": 3, "packages": {"": workspaces, "packages/store": own, "packages/api": api}}
    lock["packages"] |= {"node_modules/store": package("store"), "node_modules/api": package("api")}
    files = {
        "package.json": json.dumps(workspaces),
        "package-lock.json": json.dumps(lock),
        "packages/store/package.json": store,
        "packages/store/index.js": "const list = [];\nexports.log = (x) => { list.push(x); };\n",
        "packages/api/package.json": json.dumps(api),
        "packages/api/index.js": "const store = require('store');\nmodule.exports = store;\n",
        config: BLOCKS[config],
    }
    first, second = Project(place, name, files), Project(place, f"{name}-elsewhere", files)
    first.must(*command)
    reports = digests(first.folder)
    for path in first.folder.glob("packages/*/modleak.sarif"):
        path.unlink()
    again = first.must(*command)
    same = digests(first.folder) == reports
    second.must(*command)
    expect(
        name,
        ("there are reports with findings", len(reports) == 2 and "unbounded-growth" in (first.folder / "packages/store/modleak.sarif").read_text()),
        ("the second run comes from the cache", cached in again and same),
        ("reports are the same in another folder", digests(second.folder) == reports),
    )


def editors(place):
    project = Project(place, "editor", {"store.js": STORE.replace("return x", "seen.push(x)"), "server.js": SERVER})
    task = json.loads(BLOCKS[".vscode/tasks.json"])["tasks"][0]
    lines = project.run("sh", "-c", task["command"]).stdout.splitlines()
    pattern = task["problemMatcher"]["pattern"]
    places = [match[pattern["file"]] for line in lines if (match := re.match(pattern["regexp"], line))]
    expect("VS Code's problem matcher", ("each line is a problem", places == ["store.js"] and len(lines) == 1))
    if not is_missing("Vim", "vim"):
        script = [r"set errorformat=%f:%l:%c:\ %m", "cexpr system('npx modleak check --format unix 2>/dev/null')"]
        script += ["call writefile([printf('%s:%d', bufname(getqflist()[0].bufnr), getqflist()[0].lnum)], 'found')", "qa!"]
        project.run("vim", "-u", "NONE", "-es", *(part for line in script for part in ("-c", line)))
        found = project.folder / "found"
        expect("Vim's quickfix", ("the place is understood", found.exists() and found.read_text() == "store.js:2\n"))


def gitlab(place):
    project = Project(place, "gitlab", {"store.js": STORE.replace("return x", "seen.push(x)"), "server.js": SERVER})
    block = BLOCKS[".gitlab-ci.yml"]
    (command,) = re.findall(r"^    - (.*)$", block, re.M)
    (report,) = re.findall(r"codequality: (.*)$", block, re.M)
    done = project.run("sh", "-c", command)
    issues = json.loads((project.folder / report).read_text())
    expect("GitLab's job", ("it fails, with a report", done.returncode == 1 and [it["location"]["path"] for it in issues] == ["store.js"]))


def main():
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place).resolve()
        hooks(place)
        if not is_missing("Turborepo", "turbo"):
            monorepo(place, "Turborepo", "turbo.json", ["turbo", "run", "modleak"], "FULL TURBO")
        if not is_missing("Nx", "nx"):
            monorepo(place, "Nx", "nx.json", ["nx", "run-many", "-t", "modleak"], "for 2 out of 2 tasks")
        editors(place)
        gitlab(place)
    sys.exit(1 if failed else 0)


main()
