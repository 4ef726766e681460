//! What comes in bodies about the assistant's knowledge: read, with every mistake collected, before anything is done.

use serde_json::Value;
use todo_domain::validation::{FieldError, TITLE_LIMIT};
use todo_knowledge::limits::{
    CATEGORY_LIMIT, CONTENT_LIMIT, CURRENCY_LIMIT, ID_LIMIT, MOST_AT_ONCE, PRICE_LIMIT, TEXT_LIMIT, URL_LIMIT,
};

use super::fields::Fields;

/// What a client says of an entry of the FAQ. What it does not say stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FaqPatch {
    pub(crate) title: Option<String>,
    pub(crate) content: Option<String>,
    pub(crate) category: Option<String>,
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) is_active: Option<bool>,
}

impl FaqPatch {
    /// Reads a body. `is_whole` says that title and content must be there, and that what is missing gets its default.
    pub(crate) fn parse(body: Value, is_whole: bool) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let Some(mut fields) = Fields::of(body, "", &mut errors) else {
            return Err(errors);
        };
        for ignored in ["id", "version", "created_at", "updated_at", "deleted_at"] {
            fields.take(ignored);
        }
        let mut patch = Self::default();
        if is_whole {
            patch.title = Some(fields.required("title", TITLE_LIMIT));
            patch.content = Some(fields.required("content", CONTENT_LIMIT));
        } else {
            for (name, limit, value) in [
                ("title", TITLE_LIMIT, &mut patch.title),
                ("content", CONTENT_LIMIT, &mut patch.content),
            ] {
                *value = fields.text(name, limit);
                if value.as_deref() == Some("") {
                    fields.wrong(name, "must not be empty");
                }
            }
        }
        patch.category = fields.text("category", CATEGORY_LIMIT);
        patch.tags = fields.tags();
        patch.is_active = fields.flag("is_active");
        if is_whole {
            patch.category.get_or_insert_default();
            patch.tags.get_or_insert_default();
            patch.is_active.get_or_insert(true);
        }
        fields.end("an entry of the FAQ");
        if errors.is_empty() { Ok(patch) } else { Err(errors) }
    }
}

/// A document or product as it comes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Incoming {
    pub(crate) id: Option<String>,
    pub(crate) title: String,
    pub(crate) content: String,
    pub(crate) category: String,
    pub(crate) tags: Vec<String>,
}

impl Incoming {
    /// The list in `documents` or `products`.
    pub(crate) fn list(
        mut body: Value,
        name: &str,
        read: impl Fn(Fields<'_>) -> Self,
    ) -> Result<Vec<Self>, Vec<FieldError>> {
        let mut errors = Vec::new();
        let list = body.get_mut(name).map(Value::take);
        let items = match list {
            Some(Value::Array(items)) if (1..=MOST_AT_ONCE).contains(&items.len()) => items,
            _ => {
                return Err(vec![FieldError::new(
                    name,
                    format!("must be a list of 1 to {MOST_AT_ONCE} entries"),
                )]);
            }
        };
        let mut all: Vec<Self> = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            let place = format!("{name}[{index}]");
            if let Some(fields) = Fields::of(item, &format!("{place}."), &mut errors) {
                let item = read(fields);
                if item.id.is_some() && all.iter().any(|other| other.id == item.id) {
                    errors.push(FieldError::new(format!("{place}.id"), "is there twice"));
                }
                all.push(item);
            }
        }
        if errors.is_empty() { Ok(all) } else { Err(errors) }
    }

    fn id(fields: &mut Fields<'_>) -> Option<String> {
        let id = match fields.take("id")? {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text,
            _ => String::new(),
        };
        let is_one = (1..=ID_LIMIT).contains(&id.len())
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
        if !is_one {
            fields.wrong(
                "id",
                format!("must be 1 to {ID_LIMIT} letters, digits or any of `-_.:`"),
            );
        }
        Some(id)
    }

    pub(crate) fn document(mut fields: Fields<'_>) -> Self {
        let id = Self::id(&mut fields);
        let title = fields.text("title", TITLE_LIMIT).unwrap_or_default();
        let content = match fields.text("content", TEXT_LIMIT) {
            Some(content) => content,
            None => fields.required("text", TEXT_LIMIT),
        };
        let title = if title.is_empty() {
            let first = content
                .lines()
                .next()
                .unwrap_or_default()
                .trim_start_matches('#')
                .trim();
            first.chars().take(TITLE_LIMIT).collect()
        } else {
            title
        };
        let document = Self {
            id,
            title,
            content,
            category: fields.text("category", CATEGORY_LIMIT).unwrap_or_default(),
            tags: fields.tags().unwrap_or_default(),
        };
        fields.end("a document");
        document
    }

    pub(crate) fn product(mut fields: Fields<'_>) -> Self {
        let id = Self::id(&mut fields);
        let title = match fields.text("title", TITLE_LIMIT) {
            Some(title) => title,
            None => fields.required("name", TITLE_LIMIT),
        };
        let mut content = fields.text("description", CONTENT_LIMIT).unwrap_or_default();
        let currency = fields.text("currency", CURRENCY_LIMIT).unwrap_or_default();
        match fields.take("price") {
            Some(Value::Number(price)) => content.push_str(&format!("\n\nPrice: {price} {currency}")),
            Some(Value::String(price)) if price.len() <= PRICE_LIMIT => {
                content.push_str(&format!("\n\nPrice: {price} {currency}"))
            }
            Some(_) => fields.wrong("price", "must be a number"),
            None => {}
        }
        if let Some(stock) = fields.flag("in_stock") {
            content.push_str(if stock {
                "\n\nIn stock: yes"
            } else {
                "\n\nIn stock: no"
            });
        }
        if let Some(url) = fields.text("url", URL_LIMIT) {
            content.push_str(&format!("\n\n{url}"));
        }
        let product = Self {
            id,
            title,
            content: content.trim().to_owned(),
            category: fields.text("category", CATEGORY_LIMIT).unwrap_or_default(),
            tags: fields.tags().unwrap_or_default(),
        };
        fields.end("a product");
        product
    }
}
