//! The addresses that a component's manifest entry grants.

use sidespin_app::{Component, Diagnostic};
use sidespin_expressions::Variables;
use sidespin_outbound::AllowedHosts;

/// `allowed_outbound_hosts` with its variables filled in.
pub(crate) fn allowed_hosts(
    component: &Component,
    variables: &Variables,
) -> Result<AllowedHosts, Diagnostic> {
    let location = component.location_of("allowed_outbound_hosts").cloned();
    let mut entries = Vec::new();
    for entry in &component.allowed_outbound_hosts {
        let rendered = variables.render_text(entry).map_err(|error| {
            Diagnostic::new(format!(
                "`{entry}` in `allowed_outbound_hosts` of `{}` has no value",
                component.id
            ))
            .at(location.clone())
            .caused_by(&error)
            .hint("declare the variable under `[variables]`")
        })?;
        entries.push(rendered.expose().to_owned());
    }
    AllowedHosts::parse(entries).map_err(|errors| {
        let message = format!("`allowed_outbound_hosts` of `{}` is not valid", component.id);
        let mut diagnostic = Diagnostic::new(message).at(location);
        for error in &errors {
            diagnostic = diagnostic.caused_by(error);
        }
        diagnostic.hint("an entry is `scheme://host[:port]`, such as `postgres://db.example.com`")
    })
}
