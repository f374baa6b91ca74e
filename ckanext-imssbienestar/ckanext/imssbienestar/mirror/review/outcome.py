"""What is kept of a notice and of a look, for whoever asked for it: words and counts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage, Message
from typing import Any

from ckanext.imssbienestar.mirror.errors import GuardError, MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger.activities import Activities, Kind, Stage
from ckanext.imssbienestar.mirror.ledger.entries import LedgerEntry
from ckanext.imssbienestar.mirror.review.notices import NoticeDataset
from ckanext.imssbienestar.mirror.review.records import Memory
from ckanext.imssbienestar.mirror.review.standings import kind_of
from ckanext.imssbienestar.mirror.review_settings import NoticeSettings
from ckanext.imssbienestar.mirror.texts import Sentence

# A page shows no more, and the record of an activity is read often.
_MOST_SHOWN = 200
_LONGEST_BODY = 50_000


class NoticeOutline:
    """What a mail is about, as an activity keeps it.

    :ivar content: all of it for JSON.
    """

    def __init__(self, mark: str, doubtful: Sequence[str], unconfirmed: Sequence[str]) -> None:
        """See :func:`mark_of`.

        :param doubtful: names that an earlier mail may have told of, and that this one leaves out.
        :param unconfirmed: names that were sent and not read back.
        """
        self.content: dict[str, Any] = {
            "mark": mark,
            "doubtful": list(doubtful[:_MOST_SHOWN]),
            "unconfirmed": list(unconfirmed[:_MOST_SHOWN]),
            "mail": None,
            "message_id": None,
            "refused": [],
        }

    def written(self, message: EmailMessage, datasets: Sequence[NoticeDataset]) -> None:
        """The mail as it would leave."""
        body = message.get_body(("plain",))
        self.content["mail"] = {
            **{name.lower(): str(message[name] or "") for name in ("From", "To", "Cc", "Subject")},
            "body": (_part_text(body) if body is not None else "")[:_LONGEST_BODY],
            "attachments": [str(part.get_filename()) for part in message.iter_attachments()],
            "count": len(datasets),
            "datasets": [
                {
                    "name": one.name,
                    "title": one.title,
                    "kind": one.kind,
                    "number": one.number,
                    "files": len(one.files),
                }
                for one in datasets[:_MOST_SHOWN]
            ],
        }

    def sent(self, message: EmailMessage, refused: Sequence[str]) -> None:
        """The server has taken it, but for these mailboxes."""
        self.content |= {"message_id": str(message["Message-ID"]), "refused": list(refused)}


class ReviewOutline:
    """What a look came to, as an activity keeps it."""

    def __init__(self, last: datetime | None, waits_until: datetime | None) -> None:
        self.content: dict[str, Any] = {
            "last": last.isoformat() if last else None,
            "waits_until": waits_until.isoformat() if waits_until else None,
            "concerns": [],
            "reminded": [],
            "refused": [],
        }

    def concern(self, problems: Iterable[Sentence]) -> None:
        """Something that a person has to look at."""
        kept: list[dict[str, Any]] = self.content["concerns"]
        kept += [problem.as_data() for problem in problems][: _MOST_SHOWN - len(kept)]

    def counted(self, counts: Mapping[str, int]) -> None:
        """How many are in each state."""
        self.content["counts"] = dict(counts)

    def reminded(self, names: Sequence[str], refused: Sequence[str]) -> None:
        """A mail about these has left."""
        self.content["reminded"] = list(names[:_MOST_SHOWN])
        self.content["refused"] = list(refused)


def mark_of(entries: Iterable[LedgerEntry], memory: Memory, settings: NoticeSettings) -> str:
    """Which releases a mail is about, in which capacity, and whom it goes to, as one hash."""
    told = sorted(
        (entry.dataset_id, entry.release_id, kind_of(entry, memory).value) for entry in entries
    )
    everybody = (settings.sender, *settings.to, "|", *settings.cc)
    return hashlib.sha256(repr((told, everybody)).encode()).hexdigest()


def refuse_unless_shown(activities: Activities, shown_id: str, mark: str) -> None:
    """Let pass only the mail that a dry run showed.

    :raises MirrorConfigurationError: there is no such dry run, or it did not end well.
    :raises GuardError: what there is to tell is no longer what it showed.
    """
    shown = activities.find(shown_id)
    ended = shown is not None and shown.kind is Kind.NOTIFY and shown.stage is Stage.DONE
    if shown is None or not ended or not shown.options.get("dry_run"):
        raise MirrorConfigurationError("notice-not-shown", id=shown_id)
    if shown.summary.get("mark") != mark:
        raise GuardError("notice-moved")


def readable(message: EmailMessage) -> str:
    """A mail as a person reads it: its head, its words, and its attachments as text."""
    names = ("From", "To", "Cc", "Subject")
    head = "\n".join(f"{name}: {message[name]}" for name in names if message[name])
    parts = [part for part in message.walk() if not part.is_multipart()]
    texts = (
        f"[{part.get_filename()}]\n{_part_text(part)}" if part.get_filename() else _part_text(part)
        for part in parts
    )
    return "\n\n".join([head, *texts])


def _part_text(part: Message) -> str:
    content = part.get_payload(decode=True)
    return content.decode("utf-8-sig").replace("\r\n", "\n") if isinstance(content, bytes) else ""
