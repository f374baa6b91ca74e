"""What was asked of the mirror and what became of it, in people's words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.mirror.ledger.activities import SILENCE, Activity, Kind, Stage
from ckanext.imssbienestar.mirror.texts import sentence_of
from ckanext.imssbienestar.portal import texts
from ckanext.imssbienestar.portal.mirror_texts import moment

_INTERRUPTED = 130
# Signs of life come every two seconds.
_WORTH_TELLING = timedelta(seconds=10)


def activity_title(activity: Activity) -> str:
    """What was asked for."""
    names = ", ".join(activity.only) or tk._("everything")
    if activity.kind is Kind.NOTIFY:
        if activity.options.get("dry_run"):
            return tk._("Notice that would leave: {names}").format(names=names)
        return tk._("Notice to the federal side: {names}").format(names=names)
    if activity.kind is Kind.REVIEW:
        if activity.options.get("remind"):
            return tk._("Look at the federal side with reminders: {names}").format(names=names)
        return tk._("Look at the federal side: {names}").format(names=names)
    if activity.kind is Kind.RUN:
        return tk._("Run of {names}").format(names=names)
    if activity.kind is Kind.VERIFY:
        return tk._("Verification of {names}").format(names=names)
    return tk._("Plan of {names}").format(names=names)


def activity_sentence(activity: Activity) -> str:
    """How far it is or how it ended."""
    if activity.stage is Stage.WAITING:
        return tk._("Waits for a background worker.")
    if activity.stage is Stage.RUNNING:
        return " ".join(filter(None, (_progress(activity), _silence(activity))))
    if activity.stage is Stage.LOST:
        return _lost(activity)
    if activity.exit_code == _INTERRUPTED and activity.kind is not Kind.RUN:
        said = tk._("Interrupted.")
        return f"{said} {_after_loss(activity, True)}"
    if activity.message:
        own = activity.message.get(texts.language(), "")
        # A mail that may have left is told in its own words alone.
        return own if activity.kind is Kind.NOTIFY else f"{_ending(activity)} {own}".strip()
    if activity.exit_code in (0, 1) and activity.kind is Kind.NOTIFY:
        return _noticed(activity)
    if activity.exit_code in (0, 1) and activity.kind is Kind.REVIEW:
        return _reviewed(activity)
    return _ending(activity)


def activity_notes(activity: Activity) -> list[str]:
    """What a person has to look at after it, one by one."""
    summary, language = activity.summary, texts.language()
    notes = [sentence_of(one).full(language) for one in summary.get("concerns") or ()]
    if summary.get("unconfirmed"):
        notes.append(
            tk._(
                "Not in it, because they were not read back yet: {names}. Run again to finish them."
            ).format(names=", ".join(summary["unconfirmed"]))
        )
    if summary.get("doubtful"):
        notes.append(
            tk._(
                "An earlier mail may have told of these already, so they are left out: {names}. "
                "Ask the federal side whether it arrived; if not, see the notice again with them."
            ).format(names=", ".join(summary["doubtful"]))
        )
    if summary.get("refused"):
        notes.append(
            tk._(
                "The mail server did not take these mailboxes: {names}. Have them corrected in the "
                "profile and tell them yourself: a notice is not repeated."
            ).format(names=", ".join(summary["refused"]))
        )
    return notes


def _progress(activity: Activity) -> str:
    if not activity.total:
        return tk._("Under way: reading both catalogues.")
    return tk._("Under way: {done} of {total}.").format(done=activity.done, total=activity.total)


def _silence(activity: Activity) -> str:
    if activity.silence < _WORTH_TELLING:
        return ""
    return tk._(
        "No sign of life for {seconds} seconds; after {limit} it counts as stopped."
    ).format(seconds=round(activity.silence.total_seconds()), limit=round(SILENCE.total_seconds()))


def _lost(activity: Activity) -> str:
    begun = activity.started is not None
    why = tk._("Nobody took it from the queue of background jobs.")
    if begun and activity.total:
        why = tk._("Its process was killed after {done} of {total}.").format(
            done=activity.done, total=activity.total
        )
    elif begun:
        why = tk._("Its process was killed.")
    return f"{why} {_after_loss(activity, begun)}"


def _after_loss(activity: Activity, begun: bool) -> str:
    if activity.kind is Kind.NOTIFY and begun and not activity.options.get("dry_run"):
        return tk._(
            "It is not known whether the mail left. Press «See the notice that would leave»: it "
            "names what may have been told already, and nothing of that is repeated by itself."
        )
    if activity.kind is Kind.RUN and begun:
        return tk._(
            "Nothing unproven was confirmed. Press «Run now», or wait for the next run: it takes "
            "over the datasets that were under way, at once on the same machine and after five "
            "minutes on another, and finishes them."
        )
    return tk._("It changed nothing. Ask for it again.")


def _ending(activity: Activity) -> str:
    words: Mapping[int | None, str] = {
        0: tk._("Done: everything is as it should be ({total} looked at)."),
        1: tk._("Done, but {failed} of {total} failed or differ: see their reasons below."),
        2: tk._("Could not run."),
        3: tk._("The federal catalogue refused before anything was sent."),
        4: tk._(
            "Stopped by a guard before it could do harm; nothing more is sent until a person "
            "has looked."
        ),
        _INTERRUPTED: tk._("Interrupted; the next run finishes what was under way."),
    }
    said = words.get(activity.exit_code, tk._("Ended with code {code}."))
    return said.format(total=activity.total, failed=activity.failed, code=activity.exit_code)


def _noticed(activity: Activity) -> str:
    mail = activity.summary.get("mail")
    if not mail:
        return tk._("There is nothing confirmed that the federal side was not told of.")
    if activity.summary.get("message_id"):
        return tk.ungettext(
            "The notice about {count} dataset left for {to}.",
            "The notice about {count} datasets left for {to}.",
            mail["count"],
        ).format(count=mail["count"], to=mail["to"])
    return tk.ungettext(
        "This only shows the mail about {count} dataset: nothing left by it.",
        "This only shows the mail about {count} datasets: nothing left by it.",
        mail["count"],
    ).format(count=mail["count"])


def _reviewed(activity: Activity) -> str:
    summary = activity.summary
    counts = summary.get("counts") or {}
    said = [
        tk._(
            "{datasets} looked at: {in_review} in federal review, {equal} public and equal, "
            "{concerns} to look at."
        ).format(**{name: counts.get(name, 0) for name in _COUNTED})
    ]
    if summary.get("waits_until"):
        when = moment(datetime.fromisoformat(summary["last"]))
        early = tk._("Too soon to look again; this is what was found on {when}.")
        said.insert(0, early.format(when=when))
    if summary.get("reminded"):
        names = ", ".join(summary["reminded"])
        said.append(tk._("A reminder left about {names}.").format(names=names))
    return " ".join(said)


_COUNTED = ("datasets", "in_review", "equal", "concerns")
