#!/usr/bin/env python3
"""consumers.py MODLEAK [FOLDER …]: reads what modleak reports as its consumers do. Needs `jsonschema`, and a network for the
official schema of SARIF (or its file in SARIF_SCHEMA). Without folders, all fixtures are read."""
import json
import os
import pathlib
import subprocess
import sys
import urllib.request

import jsonschema

SARIF = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif_schema():
    path = os.environ.get("SARIF_SCHEMA")
    if path:
        return json.loads(pathlib.Path(path).read_text())
    with urllib.request.urlopen(SARIF) as answer:
        return json.load(answer)


def validator(schema):
    kind = jsonschema.validators.validator_for(schema)
    return kind(schema, format_checker=kind.FORMAT_CHECKER)


def main():
    program, *folders = sys.argv[1:]
    fixtures = pathlib.Path(__file__).parent.parent / "fixtures"
    folders = folders or [str(path) for path in sorted(fixtures.glob("*/*")) if path.is_dir()]
    report = json.loads(subprocess.check_output([program, "schema", "--of", "report"]))
    validators = {"sarif": validator(sarif_schema()), "json": validator(report)}
    wrong = 0
    for folder in folders:
        for form, schema in validators.items():
            command = [program, "check", "--no-cache", "--format", form, "--root", folder, folder]
            output = subprocess.run(command, capture_output=True).stdout
            for error in schema.iter_errors(json.loads(output)):
                wrong += 1
                print(f"{folder}: {form}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")
    print(f"{len(folders)} projects, {wrong} errors")
    sys.exit(1 if wrong else 0)


main()
