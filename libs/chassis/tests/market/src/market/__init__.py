"""A market for the chassis's own tests: `front` sells over HTTP, `orders` keeps baskets, `stock` hears of them."""
