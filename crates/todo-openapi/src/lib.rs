//! The description of the HTTP API, OpenAPI 3.1, of all services in one document.
//!
//! Names, limits and codes are taken from the types that requests are read by; nothing here is part of a component. The
//! services' own tests hold their routes and every answer that they give against it (see [`Contract`]), so that a route, a
//! field or a status that is not described fails there, and so does a description of nothing.
//!
//! `cargo xtask openapi` writes the document to where the component `web` serves it from.

#![expect(clippy::too_many_lines, reason = "schemas and operations are tables")]

#[cfg(feature = "check")]
mod check;
mod operation;
mod paths;
mod schema;
mod schemas;
mod shared;

#[cfg(feature = "check")]
pub use check::{Contract, Exchange};

use serde_json::{Map, Value, json};

/// A service of the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Accounts, tasks, chat.
    ChatApi,
    /// Notifications, and how a user wants to hear of them.
    Notification,
    /// The history.
    Audit,
    /// The browser app, this description, and its page.
    Web,
}

/// The whole description.
pub fn document() -> Value {
    let mut described = Map::new();
    let operations = paths::all();
    for (position, operation) in operations.iter().enumerate() {
        let path = described.entry(operation.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(operation.method.to_owned(), operation.to_json(position));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Todo Chatbot",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Tasks by REST, by chat and by the Model Context Protocol",
            "description": shared::INTRODUCTION,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "servers": [{ "url": "/", "description": "where this description comes from" }],
        "security": [{ "bearer": [] }],
        "tags": paths::tags(),
        "paths": described,
        "components": {
            "schemas": schemas::all(),
            "parameters": shared::parameters(),
            "headers": shared::headers(),
            "responses": shared::problems(&operations),
            "securitySchemes": shared::security(),
        },
    })
}

/// The paths of a service, each with the methods that are described of it, in upper case. HEAD is not described: it is
/// answered as GET is, without the body.
pub fn routes(service: Service) -> Vec<(&'static str, Vec<String>)> {
    let mut routes: Vec<(&'static str, Vec<String>)> = Vec::new();
    for operation in paths::all()
        .iter()
        .filter(|operation| operation.service == service)
    {
        let method = operation.method.to_ascii_uppercase();
        match routes.iter_mut().find(|(path, _methods)| *path == operation.path) {
            Some((_path, methods)) => methods.push(method),
            None => routes.push((operation.path, vec![method])),
        }
    }
    routes
}

#[cfg(test)]
mod tests;
