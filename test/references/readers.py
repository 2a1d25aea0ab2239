"""Reads texts as Python, the shell of SQLite and jq do: a line of JSON for each line of JSON on standard input."""

import base64
import csv
import io
import json
import subprocess
import sys
import tempfile
from decimal import Decimal

csv.field_size_limit(1 << 30)


def read_csv(text, delimiter, quote):
    options = {"quoting": csv.QUOTE_NONE} if quote is None else {"quotechar": quote}
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, **options))
    except csv.Error as error:
        return {"refused": str(error)}
    return [row for row in rows if row != []]


def read_sqlite(text, delimiter, columns):
    with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        names = ", ".join(f"c{i}" for i in range(columns))
        script = (
            f"create table t({', '.join(f'c{i} TEXT' for i in range(columns))});\n.mode csv\n"
            f'.separator "{delimiter if delimiter != chr(9) else chr(92) + "t"}"\n'
            f".import {file.name} t\n.mode list\nselect json_array({names}) from t order by rowid;\n"
        )
        done = subprocess.run(["sqlite3", ":memory:"], input=script.encode(), capture_output=True, check=True)
    rows = [json.loads(line) for line in done.stdout.decode().split("\n") if line]
    # A blank line is a row whose first cell is empty, and the others null.
    return [row for row in rows if row[0] != "" or any(cell is not None for cell in row[1:])]


class Refused(Exception):
    pass


def exact_int(digits):
    number = float(digits) if abs(int(digits)) < 10**400 else float("inf")
    if digits.startswith("-0") or number in (float("inf"), float("-inf")):
        raise Refused(digits)
    if int(number) != int(digits) and int(Decimal(repr(number))) != int(digits):
        raise Refused(digits)
    return number


def exact_float(digits):
    number = float(digits)
    if number in (float("inf"), float("-inf")) or str(number) == "-0.0":
        raise Refused(digits)
    return number


def refuse(token):
    raise Refused(token)


class Digits(str):
    """A number, which is read only if it is needed."""


def needed(value):
    if isinstance(value, Digits):
        text = str(value)
        return exact_float(text) if any(c in text for c in ".eE") else exact_int(text)
    if isinstance(value, Pairs):
        if len({name for name, _ in value}) < len(value):
            raise Refused("twice")
        return {name: needed(item) for name, item in value}
    if isinstance(value, list):
        return [needed(item) for item in value]
    return value


class Pairs(list):
    """The members of an object, repeated ones too."""


def read_json_lines(text):
    entries = []
    for line in text.split("\n"):
        if line.strip(" \t\r") == "":
            continue
        try:
            record = json.loads(
                line, object_pairs_hook=Pairs, parse_int=Digits, parse_float=Digits, parse_constant=refuse
            )
            if not isinstance(record, Pairs):
                raise Refused("not an object")
            found = {}
            for name, value in record:
                if name in ("key", "value"):
                    if name in found:
                        raise Refused("twice")
                    found[name] = value
            key = found["key"]
            if not isinstance(key, str) or isinstance(key, Digits) or key == "":
                raise Refused("the key")
            entries.append([key, needed(found["value"])])
        except (ValueError, KeyError, Refused) as error:
            return {"refused": repr(error)}
    return entries


def read_jq(text):
    lines = [line for line in text.split("\n") if line.strip(" \t\r") != ""]
    if not lines:
        return []
    done = subprocess.run(
        ["jq", "-c", "-R", "fromjson | [.key, .value]"],
        input="\n".join(lines).encode() + b"\n",
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        return {"refused": done.stderr.decode()}
    return [json.loads(line) for line in done.stdout.decode().split("\n") if line]


READERS = {"csv": read_csv, "sqlite": read_sqlite, "json": read_json_lines, "jq": read_jq}

for request in sys.stdin:
    asked = json.loads(request)
    text = base64.b64decode(asked["bytes"]).decode().removeprefix("\ufeff")
    print(json.dumps(READERS[asked["reader"]](text, *asked["arguments"])), flush=True)
