//! What quick add understands: a file of phrases, the guide for users, and properties.

mod guide;
mod phrases;
mod properties;
mod sentences;
mod shown;
