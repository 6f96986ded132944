"""H28 to H32, H38, and what was decided of tables: as spreadsheets save them."""

import subprocess

from tests.cases.registry import case, check
from tests.cases.world import World, new_name

PATIENTS = "first_name,last_name,birth_date,email,id"
STUDIES = "urgency_level,body_part,description,type,patient_id"
CUSTOMERS = "name,phone_number,email"


def _brief(*runs: "subprocess.CompletedProcess[str]") -> str:
    return " | ".join(
        f"exit {run.returncode}: {' '.join((run.stdout + run.stderr).split())[:90]}" for run in runs
    )


@case("H28", "F20", "1 created")
def _(world: World) -> str:
    rows = f"{PATIENTS}\r\nAsa,Berg,1985-04-10,,{new_name()}\r\n,,,,\r\n,,,,\r\n"
    run = world.sheet("patients", rows)
    return check(run.returncode == 0 and "1 created" in run.stdout, _brief(run))


@case("H29", "F21", "second: 0 created")
def _(world: World) -> str:
    key = new_name()
    world.sheet("patients", f"{PATIENTS}\nAsa,Berg,1985-04-10,,{key}\n")
    table = f'{STUDIES}\nHIGH,KNEE,"fell down\nswollen",XRAY,{key}\n'
    first = world.sheet("studies", table)
    second = world.sheet("studies", table.replace("down\n", "down\r\n"))
    right = first.returncode == second.returncode == 0 and "0 created" in second.stdout
    return check(right, _brief(first, second))


@case("H30", "F22", "second: unchanged")
def _(world: World) -> str:
    key = new_name()
    row = f"Jos\u00e9 {key},+447451277972,Jo{key}@example.com"
    first = world.sheet("customers", f"{CUSTOMERS}\n{row}\n")
    second = world.sheet(
        "customers", f"{CUSTOMERS}\n{row.replace(f'Jo{key}', f'JO{key}'.upper())}\n"
    )
    right = "1 created" in first.stdout and "0 created" in second.stdout
    return check(right and second.returncode == 0, _brief(first, second))


@case("H31", "F23", "exit 1 on id")
def _(world: World) -> str:
    run = world.sheet("patients", f"{PATIENTS}\nSci,Id,1990-01-01,,1.23457E+11\n")
    return check(run.returncode == 1 and "id" in run.stdout + run.stderr, _brief(run))


@case("H32", "F23", "exit 1, or the same patient")
def _(world: World) -> str:
    key = f"7{new_name()}"
    first = world.sheet("patients", f"{PATIENTS}\nSci,Id,1990-01-01,,{key}\n")
    second = world.sheet("patients", f"{PATIENTS}\nSci,Id,1990-01-01,,{key}\u200b\n")
    right = second.returncode == 1 or "0 created" in second.stdout
    return check(first.returncode == 0 and right, _brief(first, second))


@case("H38", "F29", "exit 1, names the encoding")
def _(world: World) -> str:
    table = f"{PATIENTS}\r\nAsa,Berg,1985-04-10,,{new_name()}\r\n"
    run = world.sheet("patients", table.encode("utf-16"))
    text = run.stdout + run.stderr
    return check(run.returncode == 1 and "UTF-16" in text, _brief(run))


@case("empty", "decided", "an empty cell keeps the value")
def _(world: World) -> str:
    email, renamed = f"{new_name()}@example.com", new_name()
    made = world.make("customers/", name="A", email=email, phone_number="07451277972")
    run = world.sheet("customers", f"{CUSTOMERS},code\n{renamed},,,{made['code']}\n")
    now = world.get(f"customers/{made['id']}/")
    said = now["name"], now["phone_number"], now["email"]
    right = said == (renamed, "+447451277972", email)
    return check(right and run.returncode == 0, f"{said}; {_brief(run)}")


@case("header", "decided", "1 created")
def _(world: World) -> str:
    header = PATIENTS.replace("first_name", "First_Name").replace("id", "ID")
    run = world.sheet("patients", f"sep=,\n{header},\nAsa,Berg,1985-04-10,,{new_name()},\n")
    return check(run.returncode == 0 and "1 created" in run.stdout, _brief(run))
