//! Running a part of an application: `--component-id`.

use crate::{App, ComponentId, Diagnostic, nearest};

/// A component was asked for that the application does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the application has no component `{id}`; its components are {}", list(known))]
pub struct UnknownComponent {
    /// What was asked for.
    pub id: ComponentId,
    /// What there is.
    pub known: Vec<ComponentId>,
}

fn list(ids: &[ComponentId]) -> String {
    ids.iter()
        .map(|id| format!("`{id}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

impl From<UnknownComponent> for Diagnostic {
    fn from(error: UnknownComponent) -> Self {
        let hint = nearest(error.id.as_str(), error.known.iter().map(ComponentId::as_str))
            .map(|near| format!("did you mean `{near}`?"));
        let diagnostic = Self::new(error.to_string());
        match hint {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        }
    }
}

impl App {
    /// Keeps only the given components and the triggers that start them. An empty list keeps everything: no selection was
    /// made.
    ///
    /// # Errors
    /// An id is not one of the application's components; the application is then unchanged.
    pub fn retain_components(&mut self, ids: &[ComponentId]) -> Result<(), UnknownComponent> {
        if ids.is_empty() {
            return Ok(());
        }
        if let Some(id) = ids.iter().find(|id| !self.components.contains_key(*id)) {
            return Err(UnknownComponent {
                id: id.clone(),
                known: self.components.keys().cloned().collect(),
            });
        }
        self.components.retain(|id, _| ids.contains(id));
        self.triggers.retain(|trigger| ids.contains(&trigger.component));
        Ok(())
    }
}
