"""A seller's block, since when it stands on documents: added to, never changed."""

from django.db import migrations, models

STAYS = """
INSERT INTO brands_sellerblock (brand, since_at, said)
  SELECT id, '0001-01-01 00:00:00+00', jsonb_build_object(
    'name', name, 'zone', zone, 'seller', profile -> 'seller',
    'tax_name', coalesce(profile -> 'tax_name', '{"en": "Tax"}'::jsonb))
  FROM brands_brand;
CREATE FUNCTION brands_refuse_other_seller() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'documents bear the seller that they were issued by' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON brands_sellerblock
  FOR EACH ROW EXECUTE FUNCTION brands_refuse_other_seller();
CREATE TRIGGER is_not_emptied BEFORE TRUNCATE ON brands_sellerblock
  FOR EACH STATEMENT EXECUTE FUNCTION brands_refuse_other_seller();
"""
"""Brands of before stand as they are now, since ever: nobody wrote down what they were."""


class Migration(migrations.Migration):
    """The table, what is known, triggers."""

    dependencies = [("brands", "0003_versions_obey_their_notice")]

    operations = [
        migrations.CreateModel(
            name="SellerBlock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("brand", models.CharField(max_length=32)),
                ("since_at", models.DateTimeField()),
                ("said", models.JSONField()),
            ],
            options={
                "indexes": [models.Index(fields=["brand", "-since_at", "-id"], name="seller_since")],
            },
        ),
        migrations.RunSQL(STAYS, migrations.RunSQL.noop),
    ]
