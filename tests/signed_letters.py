"""Letters signed electronically: an authority of the tests, its signers, and spoiled copies."""

from __future__ import annotations

import datetime
import io
from dataclasses import dataclass

from asn1crypto import keys
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    """Who certifies signers; ``pem`` is what a site that trusts it is given."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def signer(self, *, ends: datetime.timedelta = _DAY) -> signers.SimpleSigner:
        """Somebody certified by it."""
        key = _key()
        certificate = _certificate("Persona Titular", key, self, ends=ends)
        store = SimpleCertificateStore()
        store.register(_asn1(self.certificate))
        return signers.SimpleSigner(
            signing_cert=_asn1(certificate),
            signing_key=keys.PrivateKeyInfo.load(
                key.private_bytes(
                    serialization.Encoding.DER,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            ),
            cert_registry=store,
        )


def make_authority(name: str = "Autoridad de prueba") -> Authority:
    key = _key()
    return Authority(key, _certificate(name, key, None, ends=30 * _DAY))


def sign(content: bytes, signer: signers.SimpleSigner, field: str = "Firma1") -> bytes:
    """The PDF with a PAdES signature over it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    metadata = signers.PdfSignatureMetadata(field_name=field, subfilter=SigSeedSubFilter.PADES)
    signed = io.BytesIO()
    signers.sign_pdf(writer, metadata, signer=signer, output=signed)
    return signed.getvalue()


def changed_inside(content: bytes) -> bytes:
    """Another letter in what was signed: the bytes under the signature differ."""
    place = content.index(b"/Producer") if b"/Producer" in content else 20
    return content[: place + 1] + b"X" + content[place + 2 :]


def changed_afterwards(content: bytes) -> bytes:
    """Something else on the first page, added after the signature as PDF allows it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    page_ref, _resources = writer.find_page_for_modification(0)
    page = page_ref.get_object()
    page[pdf_name("/Rotate")] = pdf_name("/X")
    page[pdf_name("/LastModified")] = pdf_string("D:20260101000000Z")
    writer.update_container(page)
    changed = io.BytesIO()
    writer.write(changed)
    return changed.getvalue()


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _certificate(
    name: str, key: rsa.RSAPrivateKey, issuer: Authority | None, *, ends: datetime.timedelta
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 10 * _DAY)
        .not_valid_after(now + ends)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=issuer is not None,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=issuer is None,
                crl_sign=issuer is None,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    return builder.sign(issuer.key if issuer else key, hashes.SHA256())


def _asn1(certificate: x509.Certificate) -> asn1.Certificate:
    return asn1.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
