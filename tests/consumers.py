#!/usr/bin/env python3
"""consumers.py MODLEAK [FOLDER …]: reads what modleak reports as its consumers do. Without folders, all fixtures are read.

Consumers that can't be had are named and left out. They come from `pip install jsonschema junitparser sarif-tools` and
`npm install @microsoft/sarif-multitool eslint @umbrelladocs/rdformat-validator` in the folder that NODE_FOLDER names.
The official schema of SARIF is taken from the file in SARIF_SCHEMA, from the multitool's package, or from the network."""
import importlib.util
import json
import os
import pathlib
import re
import stat
import subprocess
import sys
import tempfile
import urllib.request
import xml.etree.ElementTree as ElementTree

HERE = pathlib.Path(__file__).parent
NODE = pathlib.Path(os.environ.get("NODE_FOLDER", ".")) / "node_modules"
MULTITOOL = NODE / "@microsoft/sarif-multitool-linux"
SARIF = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FORMATS = ["json", "sarif", "eslint", "rdjson", "gitlab", "junit", "checkstyle", "github", "unix"]

# Each formatter of ESLint's package reads the reports of all folders, one line of JSON each.
FORMATTERS = """
const [folder, ...files] = process.argv.slice(1);
const fs = require('fs'), path = require('path');
const formatters = fs.readdirSync(folder).filter((name) => name.endsWith('.js'));
for (const file of files) {
  const results = JSON.parse(fs.readFileSync(file, 'utf8'));
  for (const name of formatters) {
    const text = require(path.join(folder, name))(results, { cwd: '/', rulesMeta: {} });
    for (const { messages } of results) for (const { ruleId } of messages)
      if (ruleId && !text.includes(ruleId)) throw new Error(`${name} does not tell of ${ruleId} in ${file}`);
  }
}
"""


def sarif_schema():
    for path in [os.environ.get("SARIF_SCHEMA"), MULTITOOL / "sarif-2.1.0.json"]:
        if path and pathlib.Path(path).is_file():
            return json.loads(pathlib.Path(path).read_text())
    with urllib.request.urlopen(SARIF) as answer:
        return json.load(answer)


def validator(schema):
    import jsonschema

    kind = jsonschema.validators.validator_for(schema)
    return kind(schema, format_checker=kind.FORMAT_CHECKER)


def by_schema(schema):
    check = validator(schema)

    def read(report, _):
        for error in check.iter_errors(json.loads(report)):
            yield f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"

    return read


def gitlab(report, found):
    issues = json.loads(report)
    prints = [it["fingerprint"] for it in issues]
    if len(set(prints)) != len(prints):
        yield "two issues have one fingerprint"
    for it in issues:
        if it["severity"] not in ("info", "minor", "major", "critical", "blocker"):
            yield f"severity {it['severity']}"
        if it["location"]["lines"]["begin"] < 1 or not it["description"] or not it["check_name"]:
            yield f"an issue lacks something: {it}"
        if re.match(r"$|\.?/", it["location"]["path"]):
            yield f"the path {it['location']['path']!r}"
    if sum(it["severity"] in ("major", "critical") for it in issues) not in found:
        yield f"{len(issues)} issues for {found} findings"


def checkstyle(report, found):
    root = ElementTree.fromstring(report)
    if root.tag != "checkstyle" or not root.get("version"):
        yield f"the root is {root.tag}"
    errors = root.findall("file/error")
    for it in errors:
        if it.get("severity") not in ("ignore", "info", "warning", "error") or int(it.get("line")) < 1:
            yield f"an error's attributes: {it.attrib}"
        if not it.get("message") or not it.get("source", "").startswith("modleak."):
            yield f"an error's attributes: {it.attrib}"
    if sum(it.get("severity") != "info" for it in errors) not in found:
        yield f"{len(errors)} errors for {found} findings"


# The runner's own reading of a command: a name, properties separated by commas, and data, escaped.
COMMAND = re.compile(r"::(error|warning|notice|group|endgroup)(?: ([^:]*))?::(.*)")
PROPERTY = re.compile(r"(file|line|endLine|col|endColumn|title)=((?:[^%:,]|%(?:25|0D|0A|3A|2C))*)")


def github(report, found):
    shown = 0
    for line in report.splitlines():
        command = COMMAND.fullmatch(line)
        if not command:
            yield f"no command: {line[:100]}"
            continue
        name, properties, data = command.groups()
        shown += name in ("error", "warning")
        given = dict(match.groups() for each in filter(None, (properties or "").split(",")) if (match := PROPERTY.fullmatch(each)))
        if properties and len(given) != properties.count(",") + 1:
            yield f"properties: {properties}"
        if ("col" in given or "endColumn" in given) and given.get("line") != given.get("endLine"):
            yield f"columns are for one line only: {properties}"
        if re.search(r"%(?!25|0A|0D)", data):
            yield f"data is not escaped: {data[:100]}"
    if shown not in found:
        yield f"{shown} annotations for {found} findings"


def unix(report, found):
    lines = [line for line in report.splitlines() if re.fullmatch(r"[^:]+:\d+:\d+: .* \[(Error|Warning)/[a-z-]+\]", line)]
    if len(lines) not in found:
        yield f"{len(lines)} lines for {found} findings"


def junit(report, found):
    from junitparser import Failure, JUnitXml

    xml = JUnitXml.fromstring(report.encode())
    cases = [case for suite in xml for case in suite]
    failures = sum(isinstance(result, Failure) for case in cases for result in case.result)
    if not cases or failures not in found or sum(suite.failures for suite in xml) not in found:
        yield f"{failures} failures in {len(cases)} cases for {found} findings"


def run(command, **options):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)


def multitool(files):
    program = MULTITOOL / "Sarif.Multitool"
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    rules = ["--rule-kind", "Sarif;Ghas", "--level", "Error;Warning", "--kind", "Fail"]
    done = run([program, "validate", *files["sarif"], *rules], env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"})
    for line in done.stdout.splitlines():
        if re.search(r": (?:error|warning) [A-Z]+\d+", line):
            yield line[:300]
    if f"{len(files['sarif'])} files scanned" not in done.stdout:
        yield f"it did not read all files: {done.stdout[-200:]}{done.stderr[-200:]}"


def sarif_tools(files):
    done = run([sys.executable, "-m", "sarif", "summary", *files["sarif"]])
    if done.returncode != 0:
        yield done.stderr[:600]


def formatters(files):
    done = run(["node", "-e", FORMATTERS, (NODE / "eslint/lib/cli-engine/formatters").resolve(), *files["eslint"]])
    if done.returncode != 0:
        yield done.stderr[:600]


def rdformat(files):
    done = run([NODE / ".bin/rdformat-validator", *files["rdjson"]])
    if done.returncode != 0:
        yield (done.stdout + done.stderr)[-300:]


def has_module(name):
    return importlib.util.find_spec(name) is not None


def readers(program):
    """What reads one report: by format, with whether it can be had."""
    own = json.loads(subprocess.check_output([program, "schema", "--of", "report"]))
    schemas = has_module("jsonschema")
    yield "json", "the report's schema", schemas and by_schema(own)
    yield "sarif", "the schema of SARIF", schemas and by_schema(sarif_schema())
    yield "junit", "junitparser", has_module("junitparser") and junit
    yield from [("gitlab", "GitLab's fields", gitlab), ("checkstyle", "checkstyle's form", checkstyle)]
    yield from [("github", "the runner's grammar", github), ("unix", "lines", unix)]


def consumers():
    """What reads all files of a format."""
    yield "sarif-multitool", MULTITOOL.is_dir() and multitool
    yield "sarif-tools", has_module("sarif") and sarif_tools
    yield "ESLint's formatters", (NODE / "eslint").is_dir() and formatters
    yield "rdformat-validator", (NODE / ".bin/rdformat-validator").exists() and rdformat


def main():
    program, *folders = sys.argv[1:]
    folders = folders or [str(path) for path in sorted((HERE.parent / "fixtures").glob("*/*")) if path.is_dir()]
    wrong = {}
    single, whole = list(readers(program)), list(consumers())
    with tempfile.TemporaryDirectory() as place:
        files = {form: [] for form in FORMATS}
        for number, folder in enumerate(folders):
            each = [part for form in FORMATS for part in ("--format", f"{form}={place}/{number}.{form}")]
            run([program, "check", "--no-cache", *each, "--root", folder, folder])
            reports = {form: pathlib.Path(place, f"{number}.{form}") for form in FORMATS}
            for form, path in reports.items():
                files[form].append(path)
            report = json.loads(reports["json"].read_text())
            least = report["summary"]["errors"] + report["summary"]["warnings"]
            # What was not analysed is told of as well, where the format has no better place for it.
            found = range(least, least + len(report["incomplete"]) + 1)
            for form, name, read in single:
                if read:
                    wrong.setdefault(name, []).extend(f"{folder}: {it}" for it in read(reports[form].read_text(), found))
        for name, read in whole:
            if read:
                wrong.setdefault(name, []).extend(read(files))
    left_out = [name for _, name, read in single if not read] + [name for name, read in whole if not read]
    for name, errors in wrong.items():
        print(f"{name}: {len(errors)} errors in {len(folders)} reports", *errors[:20], sep="\n  ")
    if left_out:
        print(f"left out: {', '.join(left_out)}")
    sys.exit(1 if any(wrong.values()) else 0)


main()
