"""What staff have set for messages: rules, texts, events and limits; kept in each process.

Read whole, in one statement, when any of it has changed (core/database/reference.py). Whether a
rule is valid today is asked when it is used.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from typing import Any, NamedTuple

from django.db import connection

from core.database.reference import KeptWhole
from customers.values.languages import chain
from notifications.models import Rule
from notifications.policy.send_window import SendWindow


class MatchedRule(NamedTuple):
    """A rule that is switched on: the channel and the text for an event of such orders."""

    occasion: str
    channel: str
    product_kind: str
    kit_type: str
    template_name: str = ""
    since: str = ""  # the first day of a rule with dates, in ISO's form
    dated: bool = False
    pk: int = 0
    until: str = ""  # the last day

    def is_valid_on(self, day: date) -> bool:
        """Whether it holds on this day."""
        today = day.isoformat()
        return self.since <= today and (not self.until or today <= self.until)


class TemplateText(NamedTuple):
    """A template's texts, and which version of it they are."""

    subject: str
    body: str
    when_unknown: str = "staff"
    html: str = ""
    version: int | None = None
    language: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class StaffDecisions:
    """All of it. Threads share it: nothing in it is ever changed."""

    rules: Mapping[str, Sequence[MatchedRule]] = field(default_factory=dict)  # by occasion
    texts: Mapping[tuple[str, str, str, str], TemplateText] = field(default_factory=dict)
    events: Mapping[str, tuple[bool, bool]] = field(default_factory=dict)  # is on, is critical
    limits: tuple[Any, ...] = ()

    def window(self) -> SendWindow:
        """A new one by the limits, for somebody to count in."""
        if not self.limits:
            return SendWindow()
        begin, end, *most = self.limits
        begins, ends = (time.fromisoformat(hour) if hour else None for hour in (begin, end))
        return SendWindow(begins, ends, *most)

    def with_rule(self, rule: MatchedRule) -> "StaffDecisions":
        """The same with this rule, in place of the one of its key."""
        others = [each for each in self.rules.get(rule.occasion, ()) if each.pk != rule.pk]
        return replace(self, rules={**self.rules, rule.occasion: [*others, rule]})

    def text_for(
        self, occasion: str, channel: str, language: str = "", name: str = ""
    ) -> TemplateText | None:
        """The text by this name, else the usual one, in the customer's language or the next
        that staff have written."""
        for named in dict.fromkeys((name, "")):
            for tag in chain(language):
                if text := self.texts.get((occasion, named, channel, tag)):
                    return text
        return None


def matched(rule: Rule) -> MatchedRule:
    """A rule, saved or not, as it is matched."""
    dates = (rule.valid_from, rule.valid_until)
    since, until = (day.isoformat() if day else "" for day in dates)
    return MatchedRule(
        rule.occasion,
        rule.channel,
        rule.product_kind,
        rule.kit_type,
        rule.template_name,
        since,
        bool(since or until),
        rule.pk or 0,
        until,
    )


def present() -> StaffDecisions:
    """What staff have set, as it is now."""
    return _kept.get()


def _read() -> StaffDecisions:
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT)
        decisions = cursor.fetchall()
    rules: dict[str, list[MatchedRule]] = {}
    texts, events, limits = {}, {}, ()
    for kind, facts in decisions:
        if kind == "rule":
            rules.setdefault(facts[0], []).append(MatchedRule(*facts))
        elif kind == "template":
            occasion, name, channel, language, *rest = facts
            text = TemplateText(*rest)._replace(language=language, name=name)
            texts[occasion, name, channel, language] = text
        elif kind == "event":
            events[facts[0]] = (facts[1], facts[2])
        else:
            limits = tuple(facts)
    return StaffDecisions(rules, texts, events, limits)


_STATEMENT = """
SELECT 'rule', json_build_array(occasion, channel, product_kind, kit_type, template_name,
       coalesce(valid_from::text, ''), valid_from IS NOT NULL OR valid_until IS NOT NULL, id,
       coalesce(valid_until::text, ''))
  FROM notifications_rule WHERE is_active
UNION ALL
SELECT 'template',
       json_build_array(occasion, name, channel, language, subject, body, when_unknown,
       html, current_id)
  FROM notifications_template
UNION ALL
SELECT 'event', json_build_array(occasion, is_on, critical) FROM notifications_topic
UNION ALL
SELECT 'limits', json_build_array(quiet_from::text, quiet_until::text, messages_per_day,
       duplicate_minutes, digest_minutes)
  FROM notifications_limits WHERE id = 1
"""
_kept = KeptWhole(_read)
