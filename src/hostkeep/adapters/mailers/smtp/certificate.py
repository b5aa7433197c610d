"""A certificate for a mail host of one's own: the demo's sink, a test's host.

A program of its own (`python -m hostkeep.adapters.mailers.smtp.certificate --folder F`), so that what needs
a certificate needs no cipher library.
"""

from __future__ import annotations

import argparse
import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CERTIFICATE, KEY = "certificate.pem", "key.pem"
LIFE = timedelta(days=3650)


def make_certificate(folder: Path) -> None:
    """Write certificate.pem and key.pem (0600) into folder, for this machine; keep old ones."""
    if (folder / CERTIFICATE).exists() and (folder / KEY).exists():
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names: list[x509.GeneralName] = [x509.DNSName("localhost")]
    names += [x509.IPAddress(ipaddress.ip_address(a)) for a in ("127.0.0.1", "::1")]
    start = datetime.now(UTC) - timedelta(days=1)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + LIFE)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(folder / KEY, private)
    _write(folder / CERTIFICATE, signed.public_bytes(serialization.Encoding.PEM))


def _write(path: Path, content: bytes) -> None:
    """Write a file that only we may read, whole or not at all."""
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    draft.replace(path)


def main() -> None:
    """Make the certificate in the folder that the command line names."""
    parser = argparse.ArgumentParser(description=make_certificate.__doc__)
    parser.add_argument("--folder", required=True, type=Path)
    make_certificate(parser.parse_args().folder)


if __name__ == "__main__":
    main()
