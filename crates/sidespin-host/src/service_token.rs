//! `service_token` of runtime-config.toml: what the processes of an application show each other.

use sidespin_app::Diagnostic;
use sidespin_expressions::Variables;
use sidespin_invocation::ServiceToken;
use sidespin_manifest::RuntimeConfig;

/// The key of runtime-config.toml.
pub(crate) const KEY: &str = "service_token";

/// The token, a template; none where it is left out or empty.
pub(crate) fn read(
    config: &RuntimeConfig,
    variables: &Variables,
) -> Result<Option<ServiceToken>, Diagnostic> {
    let Some(section) = config.section(KEY) else {
        return Ok(None);
    };
    let wrong = |message: &str| Diagnostic::new(format!("`{KEY}` {message}")).at(section.location().clone());
    let template: String = section.parse()?;
    let rendered = variables.render_text(&template).map_err(|error| {
        let hint = error.hint();
        wrong("has no value")
            .caused_by(&error)
            .hint(hint.unwrap_or_else(|| "declare the variable under `[variables]`".to_owned()))
    })?;
    let token = rendered.expose().trim();
    if token.is_empty() {
        return Ok(None);
    }
    ServiceToken::new(token).map(Some).map_err(|error| {
        wrong("cannot be used")
            .caused_by(&error)
            .hint("make one, for instance with `openssl rand -hex 32`, and give it to all processes of the application")
    })
}
