"""Electronic signatures of letters that come back: verified, or never called so."""

from __future__ import annotations

import datetime
from pathlib import Path

import formato_cases
import pytest
import signed_letters
from signed_letters import Authority

from ckanext.imssbienestar.checks.texts import problem_findings
from ckanext.imssbienestar.formats.oficio.pdf import dump_oficio_pdf
from ckanext.imssbienestar.formats.oficio.signed import SignedCopy, check_signed_copy

LETTER = formato_cases.oficio()


@pytest.fixture(scope="module")
def authority() -> Authority:
    return signed_letters.make_authority()


@pytest.fixture(scope="module")
def printed() -> bytes:
    return dump_oficio_pdf(LETTER, formato_cases.TEMPLATE)


@pytest.fixture(scope="module")
def signed(authority: Authority, printed: bytes) -> bytes:
    return signed_letters.sign(printed, authority.signer())


def _looked_at(folder: Path, content: bytes, trusted: bytes = b"") -> SignedCopy:
    path = folder / "oficio.pdf"
    path.write_bytes(content)
    return check_signed_copy(path, LETTER, trusted)


def _codes(copy: SignedCopy) -> list[str]:
    return [problem.code for problem in copy.problems]


def _is_refused(copy: SignedCopy) -> bool:
    return any(finding.blocks for finding in problem_findings(copy.problems))


@pytest.mark.req("R-092")
def test_a_signature_of_a_trusted_authority_is_verified(
    tmp_path: Path, authority: Authority, signed: bytes
) -> None:
    copy = _looked_at(tmp_path, signed, authority.pem)
    assert _codes(copy) == []
    (signature,) = copy.signatures
    assert (signature.state, signature.covers) == ("verified", True)
    assert signature.kind == "ETSI.CAdES.detached"
    assert datetime.datetime.fromisoformat(signature.signed_at).tzinfo is not None


@pytest.mark.req("R-092")
def test_one_that_cannot_be_traced_is_never_called_good(
    tmp_path: Path, authority: Authority, printed: bytes, signed: bytes
) -> None:
    stranger = signed_letters.make_authority("Otra autoridad")
    same_name = signed_letters.make_authority()
    expired = signed_letters.sign(printed, authority.signer(ends=-datetime.timedelta(days=1)))
    for content, trusted in (
        (signed, b""),
        (signed, stranger.pem),
        (signed, same_name.pem),
        (expired, authority.pem),
    ):
        copy = _looked_at(tmp_path, content, trusted)
        assert _codes(copy) == ["signed-not-verified"]
        assert [signature.state for signature in copy.signatures] == ["untrusted"]
        assert not _is_refused(copy)


@pytest.mark.req("R-093")
def test_a_document_changed_after_it_was_signed_is_refused(
    tmp_path: Path, authority: Authority, signed: bytes
) -> None:
    inside = _looked_at(tmp_path, signed_letters.changed_inside(signed), authority.pem)
    assert "signed-broken" in _codes(inside)
    assert _is_refused(inside)
    afterwards = _looked_at(tmp_path, signed_letters.changed_afterwards(signed), authority.pem)
    assert "signed-altered" in _codes(afterwards)
    assert _is_refused(afterwards)
    assert "verified" not in {signature.state for signature in afterwards.signatures}


def test_two_may_sign_one_after_the_other(
    tmp_path: Path, authority: Authority, signed: bytes
) -> None:
    twice = signed_letters.sign(signed, authority.signer(), "Firma2")
    copy = _looked_at(tmp_path, twice, authority.pem)
    assert [signature.state for signature in copy.signatures] == ["verified", "verified"]
    assert [signature.covers for signature in copy.signatures] == [False, True]
    assert _codes(copy) == []


def test_one_good_signature_hides_no_other(
    tmp_path: Path, authority: Authority, signed: bytes
) -> None:
    stranger = signed_letters.make_authority("Otra autoridad")
    twice = signed_letters.sign(signed, stranger.signer(), "Firma2")
    copy = _looked_at(tmp_path, twice, authority.pem)
    assert [signature.state for signature in copy.signatures] == ["verified", "untrusted"]
    assert _codes(copy) == ["signed-not-verified"]


def test_a_signature_nobody_can_make_out_is_not_called_good(
    tmp_path: Path, authority: Authority, signed: bytes
) -> None:
    place = signed.index(b"/Contents <") + len(b"/Contents <") if b"/Contents <" in signed else 0
    spoiled = signed[:place] + b"00" * 40 + signed[place + 80 :]
    copy = _looked_at(tmp_path, spoiled, authority.pem)
    assert copy.problems
    assert "verified" not in {signature.state for signature in copy.signatures}
