//! The Chat Completions wire format, which OpenAI, Groq, Ollama (`/v1`), the Hugging Face router and many others speak: writing a
//! request, and reading an answer, whole or streamed, however it was cut into pieces.
//!
//! An answer comes from outside and is believed in nothing: everything in it has a limit, and what breaks one is an
//! [`AnswerError`]. Nothing here sends, waits, or knows a tool; a call of a tool is a name and a JSON object, for the caller to
//! judge.

mod answer;
mod assembly;
mod dialect;
mod error;
mod json;
mod limits;
mod request;
mod sse;
mod stream;
mod tokens;
mod tool_call;

pub use answer::{Answer, Finish, Usage, refusal, whole};
pub use dialect::{Dialect, TokenLimit};
pub use error::{AnswerError, ErrorCode, Parameter, Refusal};
pub use limits::Limits;
pub use request::{Message, Request, Tool};
pub use stream::StreamReader;
pub use tokens::estimate;
pub use tool_call::{ArgumentsError, ToolCall};
