"""Bank files for tests, written as banks write them.  Names and accounts in them are made up."""

from __future__ import annotations

from dataclasses import dataclass

VPS6_IBAN = "NL67HKPD0123456789"


@dataclass(frozen=True)
class Entry:
    """One entry.  words: what the payer wrote.  ref: the bank's own id, or empty."""

    amount: str
    words: str = ""
    ref: str = "BANK-0001"
    currency: str = "EUR"
    side: str = "CRDT"
    status: str = "BOOK"
    day: str = "2026-03-02"
    reversal: bool = False
    batch: tuple[tuple[str, str], ...] = ()
    structured: str = ""
    umsatz: str = ""
    tx: str = ""
    uetr: str = ""
    e2e: str = "NOTPROVIDED"

    def xml(self, version: int) -> str:
        status = f"<Sts>{self.status}</Sts>" if version < 4 else f"<Sts><Cd>{self.status}</Cd></Sts>"
        ref = f"<AcctSvcrRef>{self.ref}</AcctSvcrRef>" if self.ref else ""
        return (
            f'<Ntry><NtryRef>1</NtryRef><Amt Ccy="{self.currency}">{self.amount}</Amt>'
            f"<CdtDbtInd>{self.side}</CdtDbtInd>"
            + ("<RvslInd>true</RvslInd>" if self.reversal else "")
            + f"{status}<BookgDt><Dt>{self.day}</Dt></BookgDt>{ref}<NtryDtls>{self.details()}</NtryDtls></Ntry>"
        )

    def details(self) -> str:
        parts = self.batch or ((self.amount, self.words),)
        return "".join(
            f'<TxDtls><Refs>{self.refs()}</Refs><Amt Ccy="{self.currency}">{amount}</Amt>'
            "<RltdPties><Dbtr><Nm>CANARY Anna Payer</Nm></Dbtr>"
            "<DbtrAcct><Id><IBAN>NL00CANARY0000000001</IBAN></Id></DbtrAcct></RltdPties>"
            + f"<RmtInf>{self.strd()}<Ustrd>{words}</Ustrd></RmtInf></TxDtls>"
            for amount, words in parts
        )

    def refs(self) -> str:
        said = f"<EndToEndId>{self.e2e}</EndToEndId>"
        said += f"<TxId>{self.tx}</TxId>" if self.tx else ""
        said += f"<UETR>{self.uetr}</UETR>" if self.uetr else ""
        return said + (f"<Prtry><Tp>FI-UMSATZ-ID</Tp><Ref>{self.umsatz}</Ref></Prtry>" if self.umsatz else "")

    def strd(self) -> str:
        if not self.structured:
            return ""
        return f"<Strd><CdtrRefInf><Ref>{self.structured}</Ref></CdtrRefInf></Strd>"


def camt(
    *entries: Entry, account: str = VPS6_IBAN, version: int = 2, id_: str = "STMT-1", other: bool = False, report: bool = False,
    page: str = "",
) -> bytes:
    number = f"<Othr><Id>{account}</Id></Othr>" if other else f"<IBAN>{account}</IBAN>"
    body = "".join(entry.xml(version) for entry in entries)
    kind, message, one = ("052", "BkToCstmrAcctRpt", "Rpt") if report else ("053", "BkToCstmrStmt", "Stmt")
    pages = f"<MsgPgntn><PgNb>{page}</PgNb><LastPgInd>false</LastPgInd></MsgPgntn>" if page else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{kind}.001.{version:02d}"><{message}>'
        f"<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-03-02T20:00:00</CreDtTm>{pages}</GrpHdr>"
        f"<{one}><Id>{id_}</Id><CreDtTm>2026-03-02T20:00:00</CreDtTm><Acct><Id>{number}</Id></Acct>{body}</{one}>"
        f"</{message}></Document>"
    ).encode()
