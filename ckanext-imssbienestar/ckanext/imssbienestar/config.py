"""The settings of this extension; the only reader of CKAN's configuration."""

from __future__ import annotations

from pathlib import Path

from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.oficio import OficioSettings, Post
from ckanext.imssbienestar.errors import ConfigurationError
from ckanext.imssbienestar.mail_server import MailServer
from ckanext.imssbienestar.procedure.content_store import PRIVATE
from ckanext.imssbienestar.procedure.mails import is_mailbox, mail_rules

PREFIX = "ckanext.imssbienestar."


def content_path() -> Path:
    """Folder of the content store.

    :raises ConfigurationError: neither it nor ``ckan.storage_path`` is set.
    """
    if own := tk.config.get(PREFIX + "content_path"):
        return Path(own)
    if storage := tk.config.get("ckan.storage_path"):
        return Path(storage) / "imss_content"
    raise ConfigurationError(
        "There is nowhere to keep files.",
        next_step=f"Set {PREFIX}content_path or ckan.storage_path in the configuration file.",
    )


def private_path() -> Path | None:
    """Folder of what is made of files that nobody judged yet; None for the system's temporary one.

    Candidates of the content store have their own, on its disk.
    """
    if own := tk.config.get(PREFIX + "private_path"):
        return Path(own)
    try:
        return content_path() / PRIVATE
    except ConfigurationError:
        return None


def institutional_mailbox() -> str:
    """The mailbox of the *Unidad de Transparencia*."""
    return str(tk.config[PREFIX + "institutional_mailbox"])


def arco_mailbox() -> str:
    """Where requests on one's own data go (R-196); the institutional mailbox when none is set."""
    return str(tk.config[PREFIX + "arco_mailbox"]) or institutional_mailbox()


def organism() -> str:
    """The name of the institution above the forms of the Procedure (R-071, A-08)."""
    return str(tk.config[PREFIX + "organism"])


def oficio_settings(administrator: str = "") -> OficioSettings:
    """What is the same in every Oficio de Validación (R-086, R-087, R-091, A-40).

    :param administrator: name of the Administrador de Datos Abiertos, who is given a copy.
    """
    defaults = read_yaml("oficio.yaml")
    addressee = _text(PREFIX + "oficio_addressee_post") or defaults["default_addressee_post"]
    copied = _text(PREFIX + "oficio_copy_post") or defaults["default_copy_post"]
    return OficioSettings(
        organism=organism(),
        place=_text(PREFIX + "place"),
        addressee=Post(_text(PREFIX + "oficio_addressee_name"), addressee),
        copies=(Post(administrator, copied),),
    )


def trusted_certificates() -> bytes:
    """PEM of the certificates that electronic signatures are traced to; empty to trust nobody.

    :raises ConfigurationError: the file cannot be read, or has none.
    """
    own = _text(PREFIX + "signature_roots")
    if not own:
        return b""
    try:
        content = Path(own).read_bytes()
    except OSError:
        content = b""
    if b"-----BEGIN CERTIFICATE-----" not in content:
        raise ConfigurationError(
            "The certificates of the authorities of electronic signatures cannot be read.",
            next_step=f"Look at the file of {PREFIX}signature_roots.",
        )
    return content


def check_inline_bytes() -> int:
    """Largest file that is checked during its upload; a larger one is checked by a job."""
    return int(tk.config[PREFIX + "check_inline_bytes"])


def findings_kept() -> int:
    """How many findings of one check are kept."""
    return int(tk.config[PREFIX + "findings_kept"])


def findings_exported() -> int:
    """Most findings in the file that holds all of them."""
    return int(tk.config[PREFIX + "findings_exported"])


def accepted_terms() -> tuple[str, ...]:
    """Short forms that everybody here knows, besides the word list's (R-097, A-35)."""
    return tuple(str(tk.config.get(PREFIX + "accepted_terms") or "").split())


def check_timeout() -> int:
    """Seconds after which the check of a large file is given up."""
    return int(tk.config[PREFIX + "check_timeout"])


def check_silence_seconds() -> int:
    """Seconds without a sign of life after which a check counts as stopped."""
    return int(tk.config[PREFIX + "check_silence_seconds"])


def copy_kept_seconds() -> int:
    """Seconds for which the prepared copy of a large file waits to be confirmed."""
    return int(tk.config[PREFIX + "copy_kept_seconds"])


def datastore_timeout() -> int:
    """Seconds after which loading the tables of a dataset in the background is given up."""
    return int(tk.config[PREFIX + "datastore_timeout"])


def mirror_profile() -> Path | None:
    """The profile of the mirror (TOML); None where this site does not look after the mirror."""
    own = str(tk.config[PREFIX + "mirror_profile"] or "").strip()
    return Path(own) if own else None


def mirror_workers() -> int:
    """Datasets that a run of the mirror from the queue works on at a time."""
    return int(tk.config[PREFIX + "mirror_workers"])


def mirror_timeout() -> int:
    """Seconds after which a run of the mirror from the queue is given up."""
    return int(tk.config[PREFIX + "mirror_timeout"])


def mirror_metrics_for_all() -> bool:
    """May anybody read the metrics of the mirror?"""
    return bool(tk.asbool(tk.config[PREFIX + "mirror_metrics_for_all"]))


def mail_server() -> MailServer:
    """CKAN's own mail server (``smtp.*``) with the time limits of ``schemas/mails.yaml``.

    :raises ConfigurationError: it cannot be used as it is set.
    """
    host, _, port = str(tk.config.get("smtp.server") or "").strip().rpartition(":")
    if not host:
        host, port = port, ""
    if not host or (port and not port.isdecimal()):
        raise ConfigurationError(
            "There is no mail server to send by.", next_step="Set smtp.server to HOST or HOST:PORT."
        )
    rules = mail_rules().sending
    return MailServer(
        host=host,
        port=int(port or 25),
        starttls=bool(tk.asbool(tk.config.get("smtp.starttls") or False)),
        user=str(tk.config.get("smtp.user") or ""),
        password=str(tk.config.get("smtp.password") or ""),
        step_seconds=rules.step_seconds,
        conversation_seconds=rules.conversation_seconds,
    )


def mail_sender() -> str:
    """The address that mails come from.

    :raises ConfigurationError: there is none.
    """
    sender = str(tk.config.get("smtp.mail_from") or "").strip()
    if not is_mailbox(sender):
        raise ConfigurationError(
            "Mails have no sender.", next_step="Set smtp.mail_from to the address they come from."
        )
    return sender


def mail_reply_to() -> str:
    """Where answers to all mails go; empty for whoever caused each of them."""
    return str(tk.config.get("smtp.reply_to") or "").strip()


def largest_file() -> int:
    """Most bytes of one uploaded file (``ckan.max_resource_size`` is in megabytes)."""
    return int(tk.config["ckan.max_resource_size"]) * (1 << 20)


def _text(key: str) -> str:
    return str(tk.config.get(key) or "").strip()


def default_language() -> str:
    """``ckan.locale_default``: the language outside a request."""
    return str(tk.config.get("ckan.locale_default") or "es")
