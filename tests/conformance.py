#!/usr/bin/env python3
"""conformance.py MODLEAK FOLDER …: analyses each folder as a project of its own, twice, on one thread and on two. Counts files, crashes,
hangs, differences, and what was not analysed; fails on any of the first three.

For the conformance suites of parsers, and for packages: `conformance.py modleak test262/test/*/* node_modules/*`."""
import collections
import json
import os
import subprocess
import sys

LIMIT = int(os.environ.get("SECONDS_EACH", "300"))


def run(program, folder, threads):
    command = [program, "check", "--no-cache", "--format", "json", "--threads", threads, "--root", folder, folder]
    return subprocess.run(command, capture_output=True, timeout=LIMIT)


def main():
    program, *folders = sys.argv[1:]
    wrong, refused, files, read = [], collections.Counter(), 0, 0
    for folder in filter(os.path.isdir, folders):
        try:
            one, two = (run(program, folder, threads) for threads in "12")
        except subprocess.TimeoutExpired:
            wrong.append(f"{folder}: a hang")
            continue
        if not one.stdout and one.returncode == 2:
            continue  # There is no source in it.
        if one.returncode not in (0, 1) or b"panicked" in one.stderr:
            wrong.append(f"{folder}: status {one.returncode}: {one.stderr[-200:]!r}")
            continue
        if one.stdout != two.stdout:
            wrong.append(f"{folder}: two runs differ")
        report = json.loads(one.stdout)
        read += 1
        files += report["summary"]["files"]
        refused.update(it["reason"] for it in report["incomplete"])
        failures = [it for it in report["incomplete"] if it["reason"] in ("internal-error", "parse-budget")]
        wrong.extend(f"{folder}/{it['file']}: {it['reason']}: {it['message']}" for it in failures)
    print(f"{read} projects, {files} files; not analysed: {dict(refused.most_common())}; wrong: {len(wrong)}")
    print(*wrong, sep="\n")
    sys.exit(1 if wrong else 0)


main()
