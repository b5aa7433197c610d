"""Consents: behind the vault's wall, added to and never changed, not even by the owner's mistake."""

from django.db import migrations, models

WALLS = """
ALTER TABLE vault_consent SET SCHEMA vault;
REVOKE ALL ON vault.vault_consent FROM hk_app;
GRANT SELECT, INSERT ON vault.vault_consent TO hk_vault;
CREATE FUNCTION vault.consent_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a word of consent is written once' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON vault.vault_consent
  FOR EACH ROW EXECUTE FUNCTION vault.consent_stays();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON vault.vault_consent
  FOR EACH STATEMENT EXECUTE FUNCTION vault.consent_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("vault", "0002_walls")]
    operations = [
        migrations.CreateModel(
            name="Consent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("record", models.UUIDField()),
                ("brand", models.CharField(max_length=32)),
                ("subject", models.UUIDField()),
                ("purpose", models.CharField(max_length=32)),
                ("recipient", models.CharField(blank=True, max_length=64)),
                ("state", models.CharField(max_length=12)),
                ("version", models.PositiveIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("clause", models.CharField(max_length=32)),
                ("language", models.CharField(blank=True, max_length=8)),
                ("how", models.CharField(max_length=24)),
                ("at", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["subject", "brand", "purpose", "recipient", "-id"], name="consent_newest"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["given", "refused", "withdrawn", "expired"])),
                        name="consent_state_known",
                    ),
                    models.UniqueConstraint(fields=("record", "state"), name="one_word_a_record_and_state"),
                ],
            },
        ),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
    ]
