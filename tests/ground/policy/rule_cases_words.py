"""Rules on words, forms, adapters and uses, each broken once."""

from __future__ import annotations

from tests.ground.policy.rule_case import ACCOUNT, ALLOW, DISCLOSE, HOLDS, NAMED, RIGHTS, Case, adapter

CANNOT_RUN = (
    Case(
        "lint.yaml", (("  secrets: once", "\tsecrets: once"),), "\tsecrets", "", (("\tsecrets", "  secrets"),)
    ),
    Case("lint.shape", (("secrets: once", "secrets: twice"),), "  secrets", "", (("twice", "once"),)),
    Case(
        "lint.id.twice",
        (("- id: TH-3", "- id: TH-2"),),
        "- id: TH-2\n  kind: cookies",
        "TH-2",
        (("- id: TH-2\n  kind: cookies", "- id: TH-5\n  kind: cookies"),),
    ),
    Case(
        "lint.id.prefix",
        (("- id: TH-3", "- id: XX-3"),),
        "- id: XX-3",
        "XX-3",
        (("- id: XX-3", "- id: TH-3"),),
    ),
    Case(
        "lint.twice",
        ((ACCOUNT, ACCOUNT + ACCOUNT.replace("P0D", "P1D")),),
        ACCOUNT.replace("P0D", "P1D"),
        "TH-2",
        ((ACCOUNT, ""),),
    ),
    Case(
        "lint.undeclared",
        (("gathers: [cookies,", "gathers: [cookies, language,"),),
        "  gathers:",
        "TH-1",
        (("  acceptance: {}\n", "  acceptance: {}\n  language: {}\n"),),
    ),
    Case(
        "lint.purpose.unused",
        ((RIGHTS, RIGHTS + "  support: contract\n"),),
        "  support: contract",
        "",
        (("purposes: [account, account_messages,", "purposes: [support, account, account_messages,"),),
    ),
    Case(
        "lint.role.unused",
        (("roles: [customer, system, billing]\n", "roles: [customer, system, billing, sales]\n"),),
        "roles: [customer, system, billing, sales]",
        "",
        (("billing, sales]", "billing]"),),
    ),
    Case(
        "lint.category.forbidden",
        (("  gathers: [", "  never: [email]\n  gathers: ["),),
        "  email: {}",
        "",
        (("  never: [email]\n", ""),),
    ),
    Case(
        "lint.category.cycle",
        (
            ("  email: {}\n", "  email: {parent: invoice_party}\n"),
            ("invoice_party: {class", "invoice_party: {parent: email, class"),
        ),
        "  email: {parent",
        "",
        (("email: {parent: invoice_party}", "email: {}"),),
    ),
    Case(
        "lint.category.unsourced",
        (("  email: {}\n", "  email: {}\n  phone: {}\n"),),
        "  phone: {}",
        "",
        (("gathers: [cookies,", "gathers: [phone, cookies,"),),
    ),
    Case(
        "lint.category.unread",
        (
            ("  email: {}\n", "  email: {}\n  phone: {}\n"),
            ("    order: {}\n", "    order: {phone: {ask: product, why: {en: x, vi: y}}}\n"),
            (ALLOW, ALLOW.replace('"*"', '"*", except: [phone]')),
        ),
        "    order: {phone",
        "TH-1",
        (('"*", except: [phone]', '"*"'),),
    ),
    Case(
        "lint.category.endless",
        ((ACCOUNT, ""),),
        "  email: {}",
        "",
        (("  - {kind: retain, class: session", ACCOUNT + "  - {kind: retain, class: session"),),
    ),
    Case(
        "lint.gateway.forbidden",
        (
            ("gateways: [testpay]", "gateways: [testpay, bank_transfer]"),
            ("  gathers: [", "  never: [other_financial]\n  gathers: ["),
        ),
        "  gateways:",
        "",
        ((", bank_transfer]", "]"),),
    ),
    Case(
        "lint.gateway.category",
        (
            ("  payment_ref: {}\n", ""),
            ("[cookies, payment_ref, invoice_party]", "[cookies, invoice_party]"),
            ("[payment_ref, invoice_party], purposes", "[invoice_party], purposes"),
        ),
        "  gateways:",
        "",
        (("gateways: [testpay]", "gateways: []"),),
    ),
    Case(
        "lint.gateway.recipient",
        (("gateways: [testpay]", "gateways: [stripe]"),),
        "  gateways:",
        "",
        ((DISCLOSE, NAMED.replace("registry:", "stripe:")),),
    ),
    Case(
        "lint.adapter.forbidden",
        (("  gathers: [", "  never: [ip]\n  gathers: ["),),
        "policy:",
        "",
        (("  never: [ip]\n", ""),),
        installed=adapter(touches=frozenset({"connect_ip"})),
    ),
    Case(
        "lint.adapter.category",
        (),
        "policy:",
        "",
        (
            ("  email: {}\n", "  email: {}\n  ticket: {class: account}\n"),
            ("gathers: [", "gathers: [ticket, "),
        ),
        installed=adapter(keeps=frozenset({"ticket"})),
    ),
    Case(
        "lint.adapter.recipient",
        ((DISCLOSE, NAMED),),
        "policy:",
        "",
        (
            (
                "categories: [email], purposes: [account]}",
                "categories: [email, acceptance], purposes: [account]}",
            ),
        ),
        installed=adapter(recipient="registry", discloses=frozenset({"email", "acceptance"})),
    ),
    Case(
        "lint.adapter.cookie",
        (),
        "policy:",
        "",
        (("  cookies:\n", f"  cookies:\n    __Host-lang: {{purpose: account, life: session, {HOLDS}}}\n"),),
        installed=adapter(cookies=frozenset({"__Host-lang"})),
    ),
    Case(
        "lint.form.signup",
        (
            ("    signup:\n      email:", "    contact:\n      email:"),
            ("  statements:\n    signup:", "  statements:\n    contact:"),
        ),
        "clauses:",
        "",
        (("    order: {}\n", "    order: {}\n    signup: {email: {ask: required, why: {en: x, vi: y}}}\n"),),
    ),
    Case(
        "lint.form.closed",
        (("  statements:\n    signup:", "  statements:\n    enquiry:"),),
        "    enquiry:",
        "TH-1",
        (("    order: {}\n", "    order: {}\n    enquiry: {}\n"),),
    ),
    Case(
        "lint.use.except",
        (
            (
                ALLOW,
                ALLOW + "  - {categories: [email], except: [email], purposes: [rights], roles: [system]}\n",
            ),
        ),
        "  - {categories: [email], except",
        "TH-2",
        (("[email], except: [email]", "[email]"),),
    ),
    Case(
        "lint.use.two_answers",
        (
            (
                ALLOW,
                ALLOW + "  - {categories: [email], purposes: [account], roles: [system], needs: [case]}\n",
            ),
        ),
        "  - {categories: [email], purposes: [account], roles: [system], needs",
        "TH-2",
        ((", needs: [case]", ""),),
    ),
    Case(
        "lint.use.secret",
        ((ALLOW, ALLOW + "  - {categories: [password], purposes: [account], roles: [billing]}\n"),),
        "  - {categories: [password], purposes: [account]",
        "TH-2",
        (("roles: [billing]}\n", "roles: [billing], needs: [grant]}\n"),),
    ),
    Case(
        "lint.kind.missing",
        ((DISCLOSE, ""),),
        "clauses:",
        "",
        (("  also:\n  - kind: communicate", "  also:\n  - {kind: disclose}\n  - kind: communicate"),),
    ),
)
