"""Rules that hold over the whole project, so that nobody has to remember them."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.core.management import call_command
from django.db.models import ForeignKey
from django.db.models.signals import post_save
from django.urls import get_resolver
from rest_framework.serializers import BooleanField as DRFBooleanField

from config.celery import app
from core.api.serializers import BooleanField, Serializer
from core.history.tracking import HistoryRow
from core.tasks import Enqueue
from tests.matrix.addresses import without_line

ROOT = Path(__file__).resolve().parents[1]
FLOORS = (
    *("core", "identity", "customers", "orders", "clinical", "shipping", "notifications"),
    *("kits", "transfers"),
)
OURS = [model for floor in FLOORS for model in apps.get_app_config(floor).get_models()]
EVENTS = {
    "OrderEvent",
    "ShipmentEvent",
    "ScheduleEvent",
    "StudyEvent",
    "ResultEvent",
    "SampleEvent",
    "NotificationEvent",
    "CaseEvent",
    "ReturnEvent",
    "KitEvent",
    "MailingEvent",
    "ImportEvent",
    "ExportEvent",
}
# Seen inside another page of the admin, or by the person on call only.
NOT_IN_THE_ADMIN = EVENTS | {
    "Address",
    "OrderLine",
    "PatientIdentifier",
    "PatientMerge",
    "OrderRevision",
    "LinkedAccount",
    "SecondFactor",
    "OpenSession",
    "Notice",
    "DeliveryReport",
    "TemplateVersion",
    "MailingRecipient",
    "StoredFile",
    "FilePart",
    "ImportPreview",
    "IdempotencyKey",
    "Failure",
    "Tally",
    "Circuit",
    "QueueLease",
    "ReferenceMark",
    "PushSubscription",
    "Cancellation",
    "Inquiry",
    "Balance",
    "EncryptionKey",
    "StudyReport",
    "ReportSignature",
    "StudyAttachment",
    "ResultVersion",
    "ErasureStep",
    "Replacement",
}
REQUIREMENTS = [
    *(f"A{n}" for n in range(1, 7)),
    *(f"B{n}" for n in range(1, 8)),
    *(f"C{n}" for n in range(1, 5)),
    *(f"D{n}" for n in range(1, 7)),
    *(f"E{n}" for n in range(1, 5)),
]

# Asking the machine's own clock. What decides by it is wrong where that clock is
# (core/database/clock.py).
OWN_CLOCK = {
    "timezone": {"now"},
    "datetime": {"now", "today", "utcnow"},
    "date": {"today"},
    "time": {"time", "time_ns"},
}
OWN_CLOCK_WITHOUT_A_MOMENT = {"localdate", "localtime", "gmtime", "ctime"}
MAY_ASK_ITS_OWN_CLOCK = {
    "core/database/clock.py": "compares the two",
    "devserver/file_broker.py": "names of files, and the age of what the disk has dated",
    "identity/tokens/issuer_keys.py": (
        "ages of its own; a jump makes it fetch anew; others go by the database's"
    ),
}


def _tests() -> list[Path]:
    return [p for p in ROOT.rglob("test_*.py") if not set(p.parts) & {".venv", ".tools", "var"}]


@pytest.fixture(scope="module")
def words() -> set[str]:
    texts = (p.read_text() for p in _tests() if p != Path(__file__))
    return {word for text in texts for word in re.findall(r"(?<![A-Za-z0-9])[A-E]\d(?!\d)", text)}


@pytest.mark.parametrize("requirement", REQUIREMENTS)
def test_every_requirement_is_named_in_a_test(requirement, words):
    assert requirement in words


def test_models_and_migrations_agree(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_model_is_in_the_admin(model):
    if not (issubclass(model, HistoryRow) or model._meta.proxy):  # on the pages of what they are of
        assert model in admin.site._registry or model.__name__ in NOT_IN_THE_ADMIN


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_foreign_keys_point_down_the_house(model):
    floor = FLOORS.index(model._meta.app_label)
    for field in model._meta.get_fields():
        target = field.related_model if isinstance(field, ForeignKey) else None
        if target is not None and target._meta.app_label in FLOORS:
            assert FLOORS.index(target._meta.app_label) <= floor, field


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_only_event_rows_have_receivers(model):
    if model.__name__ not in EVENTS:
        assert not post_save._live_receivers(model)[0], "listen to an event row instead"


def test_messages_that_the_last_release_queued_are_still_taken():
    app.loader.import_default_modules()
    queued = {
        "shipping.tasks": ("dispatch", "cancel_parcels", "apply_events", "run_schedule"),
        "notifications.tasks": ("dispatch", "write_mailing"),
    }
    names = {f"{module}.{name}" for module, tasks in queued.items() for name in tasks}
    assert names - set(app.tasks) == set()


def test_every_name_of_a_task_is_that_of_one_and_every_task_has_its_name():
    """Enqueued by name: a misspelled one would go to no worker. Names stay through upgrades."""
    app.loader.import_default_modules()
    modules = [
        import_module(f"{floor}.task_names")
        for floor in ("shipping", "notifications", "transfers", "desk")
    ]
    named = [each for module in modules for each in vars(module).values()]
    ours = {name for name in app.tasks if re.match(r"\w+\.tasks\.", name)}
    assert {each.name for each in named if isinstance(each, Enqueue)} == ours


def test_no_test_waits_by_sleeping():
    calls = [
        (path, node)
        for path in _tests()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
    ]
    assert not [(path, call.lineno) for path, call in calls if "sleep" in ast.unparse(call.func)]


def _serializers(base: type[Serializer] = Serializer) -> set[type[Serializer]]:
    return {base}.union(*(_serializers(inner) for inner in base.__subclasses__()))


def test_nothing_is_agreed_to_by_a_text_or_a_number():
    """`"yes"` and `1` are no `true`: DRF's own field would take them for it."""
    get_resolver().url_patterns  # noqa: B018 - so that all serializers are there
    fields = {
        f"{each.__name__}.{name}": field
        for each in _serializers()
        for name, field in each._declared_fields.items()
    }
    booleans = {name: f for name, f in fields.items() if isinstance(f, DRFBooleanField)}
    assert "DecisionSerializer.despite_risk" in booleans
    assert not [name for name, field in booleans.items() if not isinstance(field, BooleanField)]


def test_no_address_of_a_package_index_is_kept():
    for name in ("Pipfile", "Pipfile.lock"):
        assert "://" not in (ROOT / name).read_text(), f"run `make lock`: {name} names an index"


def test_every_address_says_who_may_come_in():
    """Each has a line in tests/matrix/expectations.py."""
    advice = "Run `pytest tests/test_rights_matrix.py -k has_its_line`: it prints what to add."
    assert not without_line(), advice


def test_the_stand_in_issuer_gives_every_scope_there_is():
    """Else nobody could try that part of the API at home."""
    from identity.rights.scopes import SCOPES
    from sandbox.issuer.people import API_SCOPES

    assert set(API_SCOPES) == set(SCOPES)


def _ours() -> list[str]:
    """Every Python file that we write, by its path from here."""
    paths = [path.relative_to(ROOT) for path in ROOT.rglob("*.py")]
    left_out = {".venv", ".tools", "var", "migrations"}
    return sorted(str(path) for path in paths if not left_out & set(path.parts))


# What switches a check off says why, in words, behind a dash (ruff) or another # (mypy).
SWITCHES_OFF = re.compile(r"#\s*(ruff: )?(noqa|type:\s*ignore|mypy:|pyright:)")
WITH_A_REASON = re.compile(r"# (ruff: )?noqa: [A-Z0-9, ]+ - \w+|# type: ignore\[[a-z, -]+\]  # \w+")


def _switches(path: str) -> Iterator[str]:
    tokens = tokenize.generate_tokens(io.StringIO((ROOT / path).read_text()).readline)
    for token in tokens:
        if token.type == tokenize.COMMENT and SWITCHES_OFF.match(token.string):
            yield token.string


def test_what_switches_a_check_off_says_why():
    switches = [(path, each) for path in _ours() for each in _switches(path)]
    assert not [(path, each) for path, each in switches if not WITH_A_REASON.match(each)]


def _product() -> list[str]:
    """The code that runs in production, by its path from here."""
    paths = [
        p.relative_to(ROOT)
        for app in (*FLOORS, "devserver", "desk", "config")
        for p in (ROOT / app).rglob("*.py")
    ]
    return [str(p) for p in paths if not {"tests", "migrations"} & set(p.parts)]


def _trees() -> Iterator[tuple[str, ast.Module]]:
    for path in _product():
        yield path, ast.parse((ROOT / path).read_text())


def _folders() -> list[str]:
    """The folders of the product that hold its modules."""
    return sorted({str(Path(path).parent) for path in _product()})


@pytest.mark.parametrize("folder", _folders())
def test_a_folder_holds_ten_modules_at_most_and_says_what_lives_there(folder):
    modules = {path.name for path in (ROOT / folder).glob("*.py")} - {"__init__.py", "conftest.py"}
    assert len(modules) <= 10
    if "management" not in folder:
        assert ast.get_docstring(ast.parse((ROOT / folder / "__init__.py").read_text()))


LONGEST_FILE, LONGEST_FUNCTION = 300, 40


def test_files_and_functions_fit_on_a_few_screens():
    too_long = []
    for path in [*_product(), *(f".ci/{p.name}" for p in ROOT.glob(".ci/*.py"))]:
        text = (ROOT / path).read_text()
        if text.count("\n") > LONGEST_FILE:
            too_long.append(path)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                too_long += [f"{path}:{node.name}"] * (lines > LONGEST_FUNCTION)
    assert not too_long


# What a library keeps to itself may change with any release. Ours alone, but for these: there is no
# public way, or the library's own manual says so.
PRIVATE_BY_DOCUMENT = {"_meta", "_default_manager", "_state", "_request", "_replace", "_asdict"}
PRIVATE_OF_OTHERS = {
    "_map_serializer": "drf-spectacular's manual writes extensions with it",
    "_prefetched_objects_cache": "Django has no public way to hand over rows that are known",
    "_result_cache": "likewise",
    "_password": "Django's: whether the password was set and not saved yet",
    "_worksheet_path": "openpyxl does not tell which part of the archive a sheet is",
    "_should_add_http404_error_response": "drf-standardized-errors' manual names these hooks",
}
PRIVATE_OVERRIDDEN = {
    "AutoSchema._get_error_response_serializer": "drf-standardized-errors' manual names it",
    "AutoSchema._should_add_error_response": "likewise",
    "BookedAddressForm._get_validation_exclusions": "the formset checks this one",
    "BookedAddressForm._post_clean": "Django has no public way not to check a row again",
    "Channel._get": "kombu's manual for virtual transports names these four",
    "Channel._purge": "likewise",
    "Channel._put": "likewise",
    "Channel._size": "likewise",
    "CursorPagination._get_position_from_instance": "DRF has no public way to part equal rows",
    "SessionStore._get_session_from_db": "Django has no public way to read another row with it",
    "Worker._cap_keepalive": "gunicorn has no hook for connections at a stop",
    "Worker._keepalive_after": "nor for who is kept alive",
}


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and not name.endswith("_")


def _names_in(tree: ast.AST) -> Iterator[str]:
    """What the code gives a name to: functions, classes, variables and attributes of `self`."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name) | ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name, ctx=ast.Store()):
                yield name


def test_nothing_private_of_a_library_is_used_but_what_is_listed():
    trees = [ast.parse((ROOT / path).read_text()) for path in _product()]
    ours = {name for tree in trees for name in _names_in(tree)} | PRIVATE_BY_DOCUMENT
    nodes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    used = {node.attr for node in nodes if _is_private(node.attr)}
    assert used - ours == set(PRIVATE_OF_OTHERS)


def _classes() -> list[type]:
    """The classes of the product, as they are loaded."""
    app.loader.import_default_modules()
    get_resolver().url_patterns  # noqa: B018 - so that all views are there
    names = {path[:-3].replace("/", ".").removesuffix(".__init__") for path in _product()}
    modules = [import_module(name) for name in names if not name.startswith("config.settings")]
    classes = (each for module in modules for each in vars(module).values())
    return [each for each in classes if isinstance(each, type) and each.__module__ in names]


def test_nothing_private_of_a_library_is_overridden_but_what_is_listed():
    overridden = {
        f"{each.__name__}.{name}"
        for each in _classes()
        for base in each.__mro__[1:]
        if not {*FLOORS, "devserver", "desk", "config"} & {base.__module__.partition(".")[0]}
        for name in set(vars(each)) & set(vars(base)) - PRIVATE_BY_DOCUMENT
        if _is_private(name) and callable(getattr(each, name))
    }
    assert overridden == set(PRIVATE_OVERRIDDEN)


def _asks_its_own_clock(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id=name) | ast.Attribute(attr=name), attr=attr):
            return attr in OWN_CLOCK.get(name, ())
        case ast.Call(func=ast.Attribute(attr=attr) | ast.Name(id=attr), args=[], keywords=[]):
            return attr in OWN_CLOCK_WITHOUT_A_MOMENT
        case ast.ImportFrom(module="time" | "django.utils.timezone", names=names):
            return any(each.name in {"now", "time", "time_ns"} for each in names)
        case ast.keyword(arg=arg):
            return arg in {"auto_now", "auto_now_add"}
    return False


def test_no_process_decides_by_its_own_clock():
    asked = {
        path: [getattr(node, "lineno", 0) for node in ast.walk(tree) if _asks_its_own_clock(node)]
        for path, tree in _trees()
    }
    assert {path for path, lines in asked.items() if lines} == set(MAY_ASK_ITS_OWN_CLOCK), asked


# A pooler in transaction mode gives each transaction another session: what a session keeps (locks,
# statements, settings, cursors, tables) is then somebody else's, or nobody's.
KEPT_BY_A_SESSION = re.compile(
    r"pg_(try_)?advisory_(un)?lock"
    r"|(^|;)\s*(PREPARE|EXECUTE|DEALLOCATE|LISTEN|UNLISTEN|DISCARD|DECLARE)\b"
    r"|(^|;)\s*SET (?!LOCAL\b|CONSTRAINTS\b)|set_config\(.*false"
    r"|CREATE (TEMP|TEMPORARY)\b(?!.*ON COMMIT DROP)",
    re.DOTALL,
)
KEEPS_A_SESSION = {"chunked_cursor", "set_session", "set_isolation_level"}


def _texts(tree: ast.AST) -> Iterator[str]:
    """The texts in code, those with values in them (f"…{x}…") in one piece."""
    pieces = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [part for part in ast.walk(node) if isinstance(part, ast.Constant)]
            pieces |= {id(part) for part in parts}
            yield "x".join(str(part.value) for part in parts)
        elif isinstance(node, ast.Constant) and id(node) not in pieces:
            yield str(node.value)


def test_no_cursor_lives_on_the_server():
    """Else `iterator()` would keep one there, in the session."""
    assert settings.DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"]


def test_nothing_depends_on_the_session_of_a_connection():
    wrong = []
    for path, tree in _trees():
        wrong += [(path, text) for text in _texts(tree) if KEPT_BY_A_SESSION.search(text)]
        used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        wrong += [(path, name) for name in used & KEEPS_A_SESSION]
    assert not wrong


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT pg_try_advisory_lock(1)",
        "PREPARE x AS SELECT 1",
        "SELECT 1; SET statement_timeout = 0",
        "CREATE TEMP TABLE x (y int)",
        "LISTEN orders",
        "SELECT set_config('a.b', 'c', false)",
    ],
)
def test_what_would_depend_on_it_is_recognised(statement):
    assert KEPT_BY_A_SESSION.search(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT pg_try_advisory_xact_lock(1)",
        "SET LOCAL lock_timeout = 1",
        "UPDATE a SET b = 1",
        "CREATE TEMPORARY TABLE x (y int) ON COMMIT DROP",
    ],
)
def test_what_ends_with_the_transaction_may_be(statement):
    assert not KEPT_BY_A_SESSION.search(statement)
