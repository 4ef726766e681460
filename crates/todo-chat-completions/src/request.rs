//! A request.

use serde_json::{Map, Value, json};

use crate::{Dialect, TokenLimit, ToolCall, estimate};

/// One message of the conversation.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// What the application tells the model.
    System(String),
    /// What the user said.
    User(String),
    /// What the assistant said, and the tools that it called.
    Assistant {
        /// The text; may be empty.
        content: String,
        /// The calls.
        calls: Vec<ToolCall>,
    },
    /// What came of a call.
    Tool {
        /// The call's id.
        id: String,
        /// The result, as JSON or in words.
        content: String,
    },
}

/// A tool that the model may call.
#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    /// The name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// The JSON Schema of its arguments.
    pub parameters: Value,
}

/// A request for one answer.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The model's name.
    pub model: &'a str,
    /// The conversation so far.
    pub messages: &'a [Message],
    /// The tools; with none, none is called.
    pub tools: &'a [Tool],
    /// Whether the answer is to come in pieces.
    pub stream: bool,
    /// How many tokens the answer may have.
    pub most_tokens: u32,
    /// What the server takes.
    pub dialect: Dialect,
}

impl Message {
    fn to_json(&self) -> Value {
        match self {
            Self::System(content) => json!({ "role": "system", "content": content }),
            Self::User(content) => json!({ "role": "user", "content": content }),
            Self::Assistant { content, calls } if calls.is_empty() => {
                json!({ "role": "assistant", "content": content })
            }
            Self::Assistant { content, calls } => {
                let calls: Vec<Value> = calls.iter().map(ToolCall::to_json).collect();
                json!({ "role": "assistant", "content": content, "tool_calls": calls })
            }
            Self::Tool { id, content } => json!({ "role": "tool", "tool_call_id": id, "content": content }),
        }
    }
}

impl Request<'_> {
    /// The body, as it is posted to `…/chat/completions`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut body = Map::new();
        let mut add = |name: &str, value: Value| {
            body.insert(name.to_owned(), value);
        };
        add("model", self.model.into());
        add("messages", self.messages.iter().map(Message::to_json).collect());
        if !self.tools.is_empty() {
            let tools = self.tools.iter().map(|tool| {
                json!({
                    "type": "function",
                    "function": { "name": tool.name, "description": tool.description, "parameters": tool.parameters },
                })
            });
            add("tools", tools.collect());
            add("tool_choice", "auto".into());
        }
        match self.dialect.token_limit {
            TokenLimit::MaxTokens => add("max_tokens", self.most_tokens.into()),
            TokenLimit::MaxCompletionTokens => add("max_completion_tokens", self.most_tokens.into()),
            TokenLimit::Unlimited => {}
        }
        if let Some(hundredths) = self.dialect.temperature {
            add("temperature", json!(f64::from(hundredths) / 100.0));
        }
        add("stream", self.stream.into());
        if self.stream && self.dialect.stream_usage {
            add("stream_options", json!({ "include_usage": true }));
        }
        Value::Object(body)
    }

    /// About how many tokens the request and its answer cost at most, for a budget.
    #[must_use]
    pub fn estimated_tokens(&self) -> u64 {
        // What frames a message or a tool in the model's own format is within the estimate of its JSON.
        estimate(&self.to_json().to_string()).saturating_add(u64::from(self.most_tokens))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_what_its_server_takes() {
        let tool = Tool {
            name: "add_task".to_owned(),
            description: "Add".to_owned(),
            parameters: json!({ "type": "object" }),
        };
        let messages = [
            Message::System("S".to_owned()),
            Message::User("U".to_owned()),
            Message::Assistant {
                content: String::new(),
                calls: vec![ToolCall::new("c1", "add_task", r#"{"title":"x"}"#, 8)],
            },
            Message::Tool {
                id: "c1".to_owned(),
                content: "{}".to_owned(),
            },
            Message::Assistant {
                content: "done".to_owned(),
                calls: vec![],
            },
        ];
        let request = Request {
            model: "m",
            messages: &messages,
            tools: &[tool],
            stream: true,
            most_tokens: 500,
            dialect: Dialect::of_host("localhost"),
        };
        assert_eq!(
            request.to_json(),
            json!({
                "model": "m",
                "messages": [
                    { "role": "system", "content": "S" },
                    { "role": "user", "content": "U" },
                    { "role": "assistant", "content": "", "tool_calls": [
                        { "id": "c1", "type": "function", "function": { "name": "add_task", "arguments": "{\"title\":\"x\"}" } },
                    ] },
                    { "role": "tool", "tool_call_id": "c1", "content": "{}" },
                    { "role": "assistant", "content": "done" },
                ],
                "tools": [{ "type": "function", "function": {
                    "name": "add_task", "description": "Add", "parameters": { "type": "object" },
                } }],
                "tool_choice": "auto",
                "max_tokens": 500,
                "temperature": 0.2,
                "stream": true,
                "stream_options": { "include_usage": true },
            })
        );
        assert!(request.estimated_tokens() > 500);
        let plain = Request {
            tools: &[],
            stream: false,
            dialect: Dialect::of_host("api.openai.com"),
            ..request
        };
        let body = plain.to_json();
        assert_eq!(body["max_completion_tokens"], 500);
        for absent in [
            "max_tokens",
            "tools",
            "tool_choice",
            "temperature",
            "stream_options",
        ] {
            assert_eq!(body.get(absent), None, "{absent}");
        }
    }
}
