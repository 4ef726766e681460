//! The paths of the operator: what the assistant is to know, and what it was asked. They stand at the root, where the FAQ service
//! had them, and under `/api/v1`.

/// What a path of the operator's stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OperatorRoute {
    Sessions,
    Logs,
    SessionLog(String),
    ChatStats,
    Faqs,
    Faq(String),
    RestoreFaq(String),
    FaqCategories,
    FaqCategory(String),
    SyncFaqs,
    Ingest,
    Document(String),
    Products,
    Product(String),
    SearchProducts,
}

impl OperatorRoute {
    /// The methods that the route takes.
    pub(crate) fn methods(&self) -> &'static [&'static str] {
        match self {
            Self::Sessions | Self::ChatStats | Self::FaqCategories | Self::FaqCategory(_) => &["GET", "HEAD"],
            Self::Logs => &["GET", "HEAD", "DELETE"],
            Self::SessionLog(_) => &["DELETE"],
            Self::Faqs | Self::Ingest | Self::Products => &["GET", "HEAD", "POST"],
            Self::Faq(_) => &["GET", "HEAD", "PUT", "PATCH", "DELETE"],
            Self::Document(_) | Self::Product(_) => &["GET", "HEAD", "DELETE"],
            Self::RestoreFaq(_) | Self::SyncFaqs | Self::SearchProducts => &["POST"],
        }
    }

    /// What the path means, after the prefix if it has one.
    pub(crate) fn resolve(segments: &[&str]) -> Option<Self> {
        Some(match segments {
            ["admin", "chat", "sessions"] => Self::Sessions,
            ["admin", "chat", "logs"] => Self::Logs,
            ["admin", "chat", "logs", id] => Self::SessionLog((*id).to_owned()),
            ["admin", "chat", "stats"] => Self::ChatStats,
            ["admin", "faq"] => Self::Faqs,
            ["admin", "faq", "categories"] => Self::FaqCategories,
            ["admin", "faq", "category", name] => Self::FaqCategory((*name).to_owned()),
            ["admin", "faq", "sync"] => Self::SyncFaqs,
            ["admin", "faq", id] => Self::Faq((*id).to_owned()),
            ["admin", "faq", id, "restore"] => Self::RestoreFaq((*id).to_owned()),
            ["ingest"] => Self::Ingest,
            ["ingest", "products"] => Self::Products,
            ["ingest", "products", "search-test"] => Self::SearchProducts,
            ["ingest", "products", id] => Self::Product((*id).to_owned()),
            ["ingest", "documents", id] => Self::Document((*id).to_owned()),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_services_names_are_no_ids() {
        for (path, expected) in [
            ("admin/faq/categories", Some(OperatorRoute::FaqCategories)),
            ("admin/faq/7", Some(OperatorRoute::Faq("7".to_owned()))),
            (
                "admin/faq/category/a b",
                Some(OperatorRoute::FaqCategory("a b".to_owned())),
            ),
            ("ingest/products/search-test", Some(OperatorRoute::SearchProducts)),
            (
                "ingest/documents/x",
                Some(OperatorRoute::Document("x".to_owned())),
            ),
            ("admin", None),
            ("admin/users", None),
            ("ingest/x", None),
        ] {
            let segments: Vec<&str> = path.split('/').collect();
            assert_eq!(OperatorRoute::resolve(&segments), expected, "{path}");
        }
    }
}
