//! What differs between the servers that speak the format.

use crate::Parameter;

/// How a server wants the limit of an answer's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenLimit {
    /// As `max_tokens`, the older name, which everybody but OpenAI's newer models takes.
    MaxTokens,
    /// As `max_completion_tokens`.
    MaxCompletionTokens,
    /// Not at all.
    Unlimited,
}

/// Which parameters a request has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The limit of tokens.
    pub token_limit: TokenLimit,
    /// `temperature` in hundredths; left out, the model's own.
    pub temperature: Option<u8>,
    /// Whether a streamed answer is asked to end with its usage.
    pub stream_usage: bool,
}

/// Low, for a tool is to be called the same way each time.
const TEMPERATURE: u8 = 20;

impl Dialect {
    /// What is known of the server at a host. Of others the common denominator is assumed.
    #[must_use]
    pub fn of_host(host: &str) -> Self {
        let is_at = |domain: &str| {
            host.strip_suffix(domain)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        let common = Self {
            token_limit: TokenLimit::MaxTokens,
            temperature: Some(TEMPERATURE),
            stream_usage: true,
        };
        if is_at("openai.com") {
            // Its reasoning models refuse the older name, and any temperature but their own.
            Self {
                token_limit: TokenLimit::MaxCompletionTokens,
                temperature: None,
                ..common
            }
        } else if is_at("groq.com") {
            Self {
                token_limit: TokenLimit::MaxCompletionTokens,
                ..common
            }
        } else {
            common
        }
    }

    /// The dialect of a server that refused a parameter; nothing if it was not among them.
    #[must_use]
    pub fn without(self, parameter: Parameter) -> Option<Self> {
        let changed = match (parameter, self.token_limit) {
            (Parameter::MaxTokens, TokenLimit::MaxTokens) => Self {
                token_limit: TokenLimit::MaxCompletionTokens,
                ..self
            },
            (Parameter::MaxCompletionTokens, TokenLimit::MaxCompletionTokens) => Self {
                token_limit: TokenLimit::Unlimited,
                ..self
            },
            (Parameter::MaxTokens | Parameter::MaxCompletionTokens, _) => self,
            (Parameter::Temperature, _) => Self {
                temperature: None,
                ..self
            },
            (Parameter::StreamOptions, _) => Self {
                stream_usage: false,
                ..self
            },
        };
        (changed != self).then_some(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_known_by_its_domain() {
        let limit = |host| Dialect::of_host(host).token_limit;
        assert_eq!(limit("api.openai.com"), TokenLimit::MaxCompletionTokens);
        assert_eq!(Dialect::of_host("api.openai.com").temperature, None);
        assert_eq!(limit("api.groq.com"), TokenLimit::MaxCompletionTokens);
        for other in [
            "localhost",
            "router.huggingface.co",
            "notopenai.com",
            "openai.com.example.org",
            "",
        ] {
            assert_eq!(limit(other), TokenLimit::MaxTokens, "{other}");
        }
    }

    #[test]
    fn a_refused_parameter_is_left_out_once() {
        let common = Dialect::of_host("localhost");
        let newer = common.without(Parameter::MaxTokens).unwrap();
        assert_eq!(newer.token_limit, TokenLimit::MaxCompletionTokens);
        assert_eq!(newer.without(Parameter::MaxTokens), None);
        let none = newer.without(Parameter::MaxCompletionTokens).unwrap();
        assert_eq!(none.token_limit, TokenLimit::Unlimited);
        let cold = common.without(Parameter::Temperature).unwrap();
        assert_eq!(
            (cold.temperature, cold.without(Parameter::Temperature)),
            (None, None)
        );
        assert!(!common.without(Parameter::StreamOptions).unwrap().stream_usage);
    }
}
