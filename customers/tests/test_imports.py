"""`manage.py import_customers`."""

import csv
import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given

from core.imports import run
from core.tests.cells import plain_cells
from customers.imports import CustomerImporter
from customers.models import Customer
from customers.tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db
JOHN = "john doe, +254704590344, example@gmail.com"  # customer.json


def imported(*rows, header="name, phone_number, email"):
    data = "\n".join([header, *rows]).encode()
    return run(CustomerImporter(), io.BytesIO(data), by="user:test")


def with_codes(*rows):
    return imported(*rows, header="name, phone_number, email, code")


@given(plain=plain_cells(CustomerImporter.columns))
def test_what_is_plain_is_what_the_whole_check_gives_back(plain):
    column, cell = plain
    assert column.clean(cell) == cell


def figures(report):
    assert report.ok, report.problems
    return (report.created, report.updated, report.unchanged)


def said(report):
    return [str(problem) for problem in report.problems]


def test_customers_without_codes_get_codes_and_repeating_adds_nothing():
    assert figures(imported(JOHN, "jane doe, 07451277972,")) == (2, 0, 0)
    assert figures(imported(JOHN, "jane doe, +44 7451 277972,")) == (0, 0, 2)
    jane = Customer.objects.get(name="jane doe")
    assert (jane.phone_number, jane.email, jane.code[:2]) == ("+447451277972", "", "C-")


def test_customers_with_codes_are_created_updated_or_left_alone():
    assert figures(with_codes(f"{JOHN}, K-1", "jane, , , K-2")) == (2, 0, 0)
    assert figures(with_codes(f"{JOHN}, K-1", "jane doe, , , K-2")) == (0, 1, 1)
    assert Customer.objects.get(code="K-2").name == "jane doe"


def test_a_row_without_a_code_means_whoever_has_all_its_values():
    CustomerFactory.create(name="john doe", phone_number="+254704590344", email="example@gmail.com")
    assert figures(imported(JOHN)) == (0, 0, 1)
    assert figures(imported("john doe, , example@gmail.com")) == (1, 0, 0)


def test_repeating_adds_nothing_when_a_code_moves_away_from_the_values():
    """Rows with a code are written first; the others meet them as they will be."""
    with_codes(f"{JOHN}, K-1")
    rows = ("john d, , , K-1", f"{JOHN}, ")
    assert figures(with_codes(*rows)) == (1, 1, 0)
    assert figures(with_codes(*rows)) == (0, 0, 2)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((f"{JOHN}, ", f"{JOHN}, "), [3]),
        ((f"{JOHN}, ", "john doe, +254 704 590344, example@gmail.com, "), [3]),
        ((f"{JOHN}, ", f"{JOHN}, K-1"), [2]),
        ((f"{JOHN}, K-1", f"{JOHN}, K-2"), []),
    ],
)
def test_one_customer_written_twice_is_an_error(rows, expected):
    report = with_codes(*rows)
    assert [problem.line for problem in report.problems] == expected
    assert Customer.objects.count() == (2 if report.ok else 0)


def test_every_bad_row_is_named_and_nothing_is_written():
    report = with_codes(
        f"{JOHN}, K-1",
        ", 12345, nobody, bad code",
        f"{'x' * 101}, , , {'K' * 36}",
        "jane, , , K-1",
        ", , , K-2",
        ", , jo@example.com, ",
        "(none), , , K-3",
    )
    assert said(report) == [
        "line 3, code: Use letters, digits, dots, dashes and underscores, "
        "starting with a letter or digit.",
        "line 3, email: Enter a valid email address.",
        "line 3, phone_number: No country has this number. Write it like +447451277972.",
        "line 4, code: This has 36 characters; at most 35 fit.",
        "line 4, name: This has 101 characters; at most 100 fit.",
        "line 5, code: This is on line 2 already.",
        *(f"line {line}, name: This may not be empty." for line in (6, 7, 8)),
    ]
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("name", v) for v in ["", " ", "x" * 100, "x" * 101, "a\0b", "a\nb", "Zoë"]),
        *(("email", v) for v in ["", "a", "a@b.co", f"{'a' * 64}@{'b' * 60}.co"]),
        *(("code", v) for v in ["A", "x" * 35, "x" * 36, "a b", "-a", "é", "a\0b"]),
        *(("phone_number", v) for v in ["", "+254704590344", "07451277972", "12345", "x" * 129]),
        *(("phone_number", v) for v in ["+25470459034\0", "0745 127 7972", "+447451277972 x5"]),
        *(("phone_number", v) for v in ["++254704590344", "tel:+254704590344", "254704590344"]),
    ],
)
def test_customers_have_the_same_limits_as_in_the_api(api, field, value):
    row = {"name": "jo", "phone_number": "", "email": "", "code": "K-1"} | {field: value}
    buffer = io.StringIO()
    csv.writer(buffer).writerows([row.keys(), row.values()])
    stream = io.BytesIO(buffer.getvalue().encode())
    report = run(CustomerImporter(), stream, by="user:test", dry_run=True)
    answer = api().post("/api/v1/customers/", row, format="json")
    refused = {e["attr"] for e in answer.json()["errors"]} if answer.status_code == 400 else set()
    assert {problem.column for problem in report.problems} == refused
    assert refused in (set(), {field})


def test_the_command_imports_and_refuses(tmp_path, capsys):
    path = tmp_path / "customers.csv"
    path.write_text(f"name, phone_number, email\n{JOHN}\n")
    call_command("import_customers", str(path))
    assert capsys.readouterr().out == "Customers: 1 created, 0 updated, 0 unchanged.\n"
    path.write_text("name, phone_number, email\n, , a@b.example\n")
    with pytest.raises(CommandError, match=r"^1 problem\. Nothing was written\.$"):
        call_command("import_customers", str(path))


def differences(*rows, header="name, phone_number, email, code"):
    """What an import would do, without doing it."""
    data = "\n".join([header, *rows]).encode()
    kept: list[Any] = []
    stream = io.BytesIO(data)
    report = run(
        CustomerImporter(), stream, by="user:test", dry_run=True, review=lambda d: kept.extend(d)
    )
    assert report.ok, report.problems
    return [(each.line, each.is_new, dict(each.cells)) for each in kept]


def test_what_would_change_stands_beside_what_is_there():
    CustomerFactory.create(code="K", name="Jo", phone_number="+447451277972", email="jo@e.example")
    rows = ["Joe,,JO@e.example,K", "Al,,al@e.example,A"]
    assert differences(*rows) == [
        (2, False, {"name": ("Jo", "Joe")}),
        (
            3,
            True,
            {
                "name": ("", "Al"),
                "phone_number": ("", ""),
                "email": ("", "al@e.example"),
                "code": ("", "A"),
            },
        ),
    ]
    assert Customer.objects.get().name == "Jo"


def test_the_word_for_none_is_shown_as_what_it_comes_to():
    CustomerFactory.create(code="K", name="Jo", phone_number="+447451277972", email="jo@e.example")
    changed = {"phone_number": ("+447451277972", ""), "email": ("jo@e.example", "")}
    assert differences("Jo,(none),(none),K") == [(2, False, changed)]
    assert not differences(",,,K")


def test_who_is_known_by_all_three_values_is_no_difference():
    CustomerFactory.create(name="Jo", phone_number="+447451277972", email="jo@e.example")
    known = "Jo, 07451 277972, JO@E.EXAMPLE"
    assert not differences(known, header="name, phone_number, email")
    [(line, is_new, _)] = differences(known, "Al,,", header="name, phone_number, email")
    assert (line, is_new) == (3, True)


def test_what_an_import_would_do_is_what_it_does():
    CustomerFactory.create(code="K", name="Jo", phone_number="", email="jo@e.example")
    rows = ["Joe,,,K", "Al,,,", "Bo,,,B"]
    assert [is_new for _, is_new, _ in differences(*rows)] == [False, True, True]
    assert figures(with_codes(*rows)) == (2, 1, 0)
    assert not differences(*rows)


def test_columns_that_only_an_export_has_are_passed_over():
    header = "name, phone_number, email, code, channel, created_at"
    assert differences("Jo,,,K,sms,2026-01-01T00:00:00Z", header=header)[0][1]
