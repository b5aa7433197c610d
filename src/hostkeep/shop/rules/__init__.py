"""Pure rules of the shop: prices, quantities, references and the reading of catalogues."""
