"""What stopped a program, in a sentence for people."""

from __future__ import annotations

from ckanext.imssbienestar.checks.errors import FileChangedError, TableEngineError
from ckanext.imssbienestar.checks.personal.errors import GuardFailedError
from ckanext.imssbienestar.checks.program import says
from ckanext.imssbienestar.checks.texts import dictionary_findings
from ckanext.imssbienestar.checks.workbook_check import SheetUnclearError, workbook_finding
from ckanext.imssbienestar.domain.dictionary import DictionaryError
from ckanext.imssbienestar.errors import ImssError, InputFileError
from ckanext.imssbienestar.formats.workbooks.facts import WorkbookError


def sentence_of(error: ImssError | OSError, name: str, language: str) -> str:
    """What happened to the file a person named, and what to do.

    :raises ImssError: the same error, when it is not about anything a person gave.
    """
    say = says(language)
    match error:
        case DictionaryError():
            lines = [say("dictionary_unusable")]
            lines += [f"  {f.message} {f.fix}" for f in dictionary_findings(error, language)]
            return "\n".join(lines)
        case WorkbookError():
            found = workbook_finding(error, language)
            return f"{found.message} {found.fix}"
        case SheetUnclearError():
            return f"{error.finding.message} {error.finding.fix}"
        case FileChangedError():
            return say("file_changed", path=name)
        case GuardFailedError():
            return say("guard_failed", path=name)
        case InputFileError() | OSError():
            cause = error if isinstance(error, OSError) else error.__cause__
            reason = getattr(cause, "strerror", None) or type(error).__name__
            return say("file_unreadable", path=name, reason=reason)
        case TableEngineError():
            return say("engine_stopped", reason=error)
    raise error
