from __future__ import annotations

import datetime
import io
import sys

import pytest
from intake_samples import encode, photograph

c2pa = pytest.importorskip("c2pa", reason="the C2PA reader is not installed")
from cryptography import x509  # noqa: E402
from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec, utils  # noqa: E402
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID  # noqa: E402

GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
MANIFEST = {
    "claim_generator_info": [{"name": "picture machine", "version": "2"}],
    "assertions": [{"label": "c2pa.actions", "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": GENERATED}]}}],
}


def certificate(name: str, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey, issuer: str) -> x509.Certificate:
    """A root (signed by itself) or a leaf that may sign documents."""
    root, now = name == issuer, datetime.datetime.now(datetime.UTC)
    names = [
        x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test Press"), x509.NameAttribute(NameOID.COMMON_NAME, each)])
        for each in (name, issuer)
    ]
    usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False)
    builder = x509.CertificateBuilder(
        names[1], names[0], key.public_key(), x509.random_serial_number(), now - datetime.timedelta(days=1), now + datetime.timedelta(days=9)
    )
    builder = builder.add_extension(x509.BasicConstraints(root, None), True)
    builder = builder.add_extension(x509.KeyUsage(digital_signature=not root, key_cert_sign=root, crl_sign=root, **usage), True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False)
    if not root:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), True)
    return builder.sign(signer, hashes.SHA256())


class Credentials:
    """A root that nobody knows and a leaf under it, made for one test."""

    def __init__(self) -> None:
        root, self.leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        chain = [certificate("leaf", self.leaf, root, "root"), certificate("root", root, root, "root")]
        leaf_pem, self.root_pem = (each.public_bytes(serialization.Encoding.PEM).decode() for each in chain)
        self.pem = leaf_pem + self.root_pem

    def sign(self, data: bytes) -> bytes:
        r, s = utils.decode_dss_signature(self.leaf.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def signed(kind: str, mime: str, manifest: dict | None = None, keys: Credentials | None = None, ingredient: tuple[str, bytes] | None = None) -> bytes:
    keys, target = keys or Credentials(), io.BytesIO()
    offline = c2pa.Context(c2pa.Settings.from_dict({"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}))
    with c2pa.Signer.from_callback(keys.sign, c2pa.C2paSigningAlg.ES256, keys.pem, None) as signer:
        builder = c2pa.Builder({**(manifest or MANIFEST), "format": mime}, context=offline)
        if ingredient:
            builder.add_ingredient({"title": "before", "label": "before", "relationship": ingredient[0]}, mime, io.BytesIO(ingredient[1]))
        builder.sign(signer, mime, io.BytesIO(encode(photograph(), kind)), target)
    return target.getvalue()


@pytest.fixture(scope="module")
def jpeg() -> bytes:
    return signed("JPEG", "image/jpeg")


@pytest.mark.parametrize(("kind", "mime"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")])
def test_an_intact_manifest_is_valid_and_its_signer_unknown(intake, kind, mime):
    found = intake.open(signed(kind, mime)).facts["c2pa"]
    assert found["state"] == "valid" and found["signer_trusted"] is False
    assert found["signer"] == "Test Press" and found["claim_generator"] == "picture machine 2"
    assert found["actions"] == ["c2pa.created (trainedAlgorithmicMedia)"]


def test_a_changed_picture_makes_the_manifest_invalid_with_its_code(intake, jpeg):
    found = intake.open(jpeg[:-200] + bytes([jpeg[-200] ^ 1]) + jpeg[-199:]).facts["c2pa"]
    assert found["state"] == "invalid" and "assertion.dataHash.mismatch" in found["codes"]


def test_no_manifest_is_absent(intake):
    assert intake.open(encode(photograph(), "JPEG")).facts["c2pa"] == {"state": "absent"}


def test_a_broken_manifest_is_unreadable_and_the_picture_opens(intake, jpeg):
    picture = intake.open(jpeg.replace(b"jumb", b"jumX"))
    assert picture.facts["c2pa"]["state"] == "unreadable" and picture.facts["c2pa"]["reason"] and picture.width == 64


def test_a_manifest_kept_elsewhere_is_named_and_not_fetched(intake):
    xmp = b'<rdf:Description dcterms:provenance="https://example.org/m.c2pa-store"/>'.replace(b"c2pa-", b"")
    found = intake.open(encode(photograph(), "JPEG", xmp=xmp)).facts["c2pa"]
    assert found["state"] == "absent" and found["remote"].startswith("https://example.org/") and "not fetched" in found["reason"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_library_is_only_loaded_for_files_that_have_a_manifest(jpeg):
    from forensics_ui.imaging.open import Intake

    with Intake() as intake:
        intake.open(encode(photograph(), "JPEG"))
        (pid,) = (decoder.pid for decoder in intake._running)
        assert "c2pa" not in open(f"/proc/{pid}/maps").read()
        intake.open(jpeg)
        assert "c2pa" in open(f"/proc/{pid}/maps").read()
