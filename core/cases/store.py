"""Opens cases and closes them: many in one statement, in the caller's transaction."""

from collections.abc import Collection, Iterable
from typing import Any

from django.db import connection

from core.cases.registry import CaseDraft, kind
from core.database import clock

LONGEST = {"title": 200, "summary": 500, "source_message": 500, "source": 60}


def open(drafts: Iterable[CaseDraft]) -> int:
    """Open a case for each that has none open of its kind; how many are new.

    One that is open already takes the new texts, when they differ, and is snoozed no more.
    """
    each = sorted({(t.subject, t.kind): t for t in drafts}.items())
    if not each:
        return 0
    rows = [_values(draft) for _, draft in each]
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, [clock.now(), *(list(column) for column in zip(*rows, strict=True))])
        return int(cursor.fetchone()[0])


def resolve(
    kinds: str | Collection[str], subjects: Iterable[int], *, by: str, resolution: str
) -> int:
    """Close the open cases of these kinds and subjects, which are fine again; how many.

    `resolution` says what put them right. What staff had dismissed is forgotten: should it go wrong
    again, a new case is opened.
    """
    named = [kinds] if isinstance(kinds, str) else list(kinds)
    ids = sorted(set(subjects))
    if not ids:
        return 0
    return _close(named, ids, by=by, how=resolution, dismissed=False)


def dismiss(kind_name: str, subject: int, *, by: str, why: str) -> int:
    """Close a case although its subject is as it was; 0 when it was closed already."""
    return _close([kind_name], [subject], by=by, how=why, dismissed=True)


def _close(kinds: list[str], ids: list[int], *, by: str, how: str, dismissed: bool) -> int:
    values: dict[str, Any] = {
        "kinds": kinds,
        "ids": ids,
        "now": clock.now(),
        "by": by[:100],
        "how": how[:500],
        "dismissed": dismissed,
        "step": "dismissed" if dismissed else "settled",
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, values)
        return int(cursor.fetchone()[0])


def _values(draft: CaseDraft) -> tuple[object, ...]:
    texts = (getattr(draft, name)[:longest] for name, longest in LONGEST.items())
    return (draft.kind, kind(draft.kind).subject_type, draft.subject, *texts)


# Rows come in the order of the unique index, so that two such statements cannot deadlock.
_OPEN = """
WITH given AS (
    SELECT %s::timestamptz AS now, v.*
    FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[],
                %s::text[])
        AS v (kind, subject_type, subject_id, title, happened, said, source)
), opened AS (
    INSERT INTO core_case AS c (kind, subject_type, subject_id, title, happened, said, source,
                                opened_at, closed_by, closing_reason, dismissed)
    SELECT kind, subject_type, subject_id, title, happened, said, source, now, '', '', FALSE
    FROM given
    ON CONFLICT (subject_id, kind) WHERE closed_at IS NULL
    DO UPDATE SET happened = excluded.happened, said = excluded.said, snoozed_until = NULL
    WHERE (c.happened, c.said) IS DISTINCT FROM (excluded.happened, excluded.said)
    RETURNING id, happened, said, xmax = 0 AS is_new
), logged AS (
    INSERT INTO core_caseevent (case_id, kind, from_state, to_state, at, actor, detail)
    SELECT id, CASE WHEN is_new THEN 'opened' ELSE 'again' END, '', '',
           (SELECT now FROM given LIMIT 1), 'system',
           left(happened || CASE WHEN said = '' THEN '' ELSE ' ' || said END, 500)
    FROM opened
)
SELECT count(*) FILTER (WHERE is_new) FROM opened
"""
_CLOSE = """
WITH mine AS (
    SELECT id, closed_at IS NULL AS is_open FROM core_case
    WHERE kind = ANY(%(kinds)s) AND subject_id = ANY(%(ids)s) AND (closed_at IS NULL OR dismissed)
    ORDER BY id FOR NO KEY UPDATE
), closed AS (
    UPDATE core_case AS c SET
        closed_at = CASE WHEN is_open THEN %(now)s ELSE c.closed_at END,
        closed_by = CASE WHEN is_open THEN %(by)s ELSE c.closed_by END,
        closing_reason = CASE WHEN is_open THEN %(how)s ELSE c.closing_reason END,
        dismissed = %(dismissed)s AND is_open
    FROM mine WHERE c.id = mine.id
    RETURNING c.id, is_open
), logged AS (
    INSERT INTO core_caseevent (case_id, kind, from_state, to_state, at, actor, detail)
    SELECT id, %(step)s, '', '', %(now)s, %(by)s, %(how)s FROM closed WHERE is_open
)
SELECT count(*) FILTER (WHERE is_open) FROM closed
"""
