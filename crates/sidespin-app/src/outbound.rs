//! What a component may reach, for the capabilities that reach out of the process.

use sidespin_expressions::Variables;
use sidespin_outbound::AllowedHosts;

use crate::{Component, Diagnostic};

impl Component {
    /// `allowed_outbound_hosts` with its templates filled. An entry that a variable leaves empty grants nothing.
    ///
    /// # Errors
    /// A template has no value, or an entry is not understood.
    pub fn allowed_hosts(&self, variables: &Variables) -> Result<AllowedHosts, Diagnostic> {
        let location = self.location_of("allowed_outbound_hosts").cloned();
        let mut entries = Vec::new();
        for entry in &self.allowed_outbound_hosts {
            let rendered = variables.render_text(entry).map_err(|error| {
                Diagnostic::new(format!(
                    "`{entry}` in `allowed_outbound_hosts` of `{}` has no value",
                    self.id
                ))
                .at(location.clone())
                .caused_by(&error)
                .hint(
                    error
                        .hint()
                        .unwrap_or_else(|| "declare the variable under `[variables]`".to_owned()),
                )
            })?;
            entries.push(rendered.expose().to_owned());
        }
        AllowedHosts::parse(entries).map_err(|errors| {
            let message = format!("`allowed_outbound_hosts` of `{}` is not valid", self.id);
            let diagnostic = Diagnostic::new(message).at(location);
            errors
                .iter()
                .fold(diagnostic, |diagnostic, error| diagnostic.caused_by(error))
                .hint("an entry is `scheme://host[:port]`, such as `https://api.example.com` or `http://*.spin.internal`")
        })
    }
}
