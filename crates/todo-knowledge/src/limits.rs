//! How much of what comes from outside is taken. All in characters, if nothing else is said.

/// Longest question of whoever has the FAQ's key.
pub const MESSAGE_LIMIT: usize = 4_000;
/// Longest name of a session.
pub const SESSION_LIMIT: usize = 128;
/// Longest content of an entry of the FAQ, and longest description of a product.
pub const CONTENT_LIMIT: usize = 5_000;
/// Longest text of a document. A body is shorter than a mebibyte anyway.
pub const TEXT_LIMIT: usize = 200_000;
/// Most documents or products of one request.
pub const MOST_AT_ONCE: usize = 100;
/// Longest name of a category.
pub const CATEGORY_LIMIT: usize = 50;
/// Longest id of a document or product.
pub const ID_LIMIT: usize = 128;
/// Longest question that is tried out on the products.
pub const QUERY_LIMIT: usize = 1_000;
/// Longest name of a currency.
pub const CURRENCY_LIMIT: usize = 10;
/// Longest price that is text.
pub const PRICE_LIMIT: usize = 40;
/// Longest address of a product.
pub const URL_LIMIT: usize = 2_000;
