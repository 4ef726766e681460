//! Where an application's jobs are: in a file of the state directory, or in the Postgres of `[jobs]` in runtime-config.toml.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use sidespin_app::{App, Diagnostic};
use sidespin_expressions::{Template, Variables};
use sidespin_job_store::{JobStore, JobStoreError, PostgresConfig, PostgresOptions};
use sidespin_manifest::RuntimeConfig;

use crate::HostError;

/// The section of runtime-config.toml.
pub(crate) const KEY: &str = "jobs";

/// The file in the state directory.
const FILE: &str = "jobs.db";

/// `[jobs]`. All texts are templates.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// `postgres://user@host:5432/database`; the file where it is left out or empty.
    postgres: String,
    /// The password, for which a URL has an escape or two too many.
    password: String,
    /// A PEM file with the authorities that the server's certificate may be from.
    tls_ca: String,
}

/// Where jobs are.
#[derive(Debug)]
pub enum JobsLocation {
    /// In a SQLite file, which may not be there yet.
    File(PathBuf),
    /// In a Postgres.
    Postgres(Box<PostgresConfig>),
}

impl JobsLocation {
    /// Where runtime-config.toml says that the jobs of an application are. Connects to nothing.
    ///
    /// # Errors
    /// A mistake in the section, or a variable without a value.
    pub fn of(
        application: &str,
        config: &RuntimeConfig,
        variables: &Variables,
        state_directory: &Path,
    ) -> Result<Self, Diagnostic> {
        let file = || Ok(Self::File(state_directory.join(FILE)));
        let Some(section) = config.section(KEY) else {
            return file();
        };
        let settings: Settings = section.parse()?;
        let wrong = |message: String| Diagnostic::new(message).at(section.location().clone());
        let render = |key: &str, template: &str| {
            let rendered = variables.render_text(template).map_err(|error| {
                let hint = error.hint();
                wrong(format!("`{key}` of section `{KEY}` has no value"))
                    .caused_by(&error)
                    .hint(hint.unwrap_or_else(|| "declare the variable under `[variables]`".to_owned()))
            })?;
            Ok::<_, Diagnostic>(rendered.expose().trim().to_owned())
        };
        let url = render("postgres", &settings.postgres)?;
        let password = render("password", &settings.password)?;
        let tls_ca = render("tls_ca", &settings.tls_ca)?;
        if url.is_empty() {
            if !password.is_empty() || !tls_ca.is_empty() {
                return Err(wrong(format!(
                    "section `{KEY}` says how to reach a Postgres, but not which"
                ))
                .hint("add `postgres = \"postgres://user@host:5432/database\"`"));
            }
            return file();
        }
        let options = PostgresOptions {
            url,
            password: (!password.is_empty()).then_some(password),
            tls_ca: (!tls_ca.is_empty()).then(|| tls_ca.into()),
            application: application.to_owned(),
            lease: None,
        };
        postgres(options).map_err(|mistake| mistake.at(section.location().clone()))
    }

    /// The variables that the section uses, so that others need no value to find the jobs.
    #[must_use]
    pub fn variables(config: &RuntimeConfig) -> BTreeSet<String> {
        let settings = config
            .section(KEY)
            .and_then(|section| section.parse::<Settings>().ok());
        let Settings {
            postgres,
            password,
            tls_ca,
        } = settings.unwrap_or_default();
        let templates = [postgres, password, tls_ca].map(|text| Template::parse(&text).ok());
        let used = templates.iter().flatten().flat_map(Template::variables);
        used.map(str::to_owned).collect()
    }

    /// In the Postgres of a URL.
    ///
    /// # Errors
    /// It is no URL of a Postgres.
    pub fn postgres(application: &str, url: &str) -> Result<Self, Diagnostic> {
        postgres(PostgresOptions {
            url: url.to_owned(),
            application: application.to_owned(),
            ..PostgresOptions::default()
        })
    }

    /// The store of a host that fires the jobs.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn open(self) -> Result<JobStore, JobStoreError> {
        match self {
            Self::File(path) => JobStore::open(path),
            Self::Postgres(config) => Ok(JobStore::postgres(*config)),
        }
    }

    /// The store beside such a host, to look at jobs and change them.
    ///
    /// # Errors
    /// There is no file, or it cannot be used.
    pub fn open_existing(self) -> Result<JobStore, JobStoreError> {
        match self {
            Self::File(path) => JobStore::open_existing(path),
            Self::Postgres(config) => Ok(JobStore::postgres(*config)),
        }
    }
}

fn postgres(options: PostgresOptions) -> Result<JobsLocation, Diagnostic> {
    match PostgresConfig::new(options) {
        Ok(config) => Ok(JobsLocation::Postgres(Box::new(config))),
        Err(error) => Err(Diagnostic::new("the jobs' Postgres cannot be used")
            .caused_by(&error)
            .hint("write `postgres://user@host:5432/database`, with `?sslmode=require` for TLS, and the password apart")),
    }
}

/// The store of an application that has anything to fire.
pub(crate) fn open(
    app: &App,
    config: &RuntimeConfig,
    variables: &Variables,
    state_directory: &Path,
) -> Result<Option<Arc<JobStore>>, HostError> {
    // Looked at in any case, so that a mistake in it does not wait for the first job.
    let location = JobsLocation::of(&app.name, config, variables, state_directory)?;
    let fires = ["jobs", "cron"]
        .iter()
        .any(|kind| app.triggers_of(kind).next().is_some());
    if !fires {
        return Ok(None);
    }
    let store = location.open().map_err(|error| {
        HostError::Environment(
            Diagnostic::new("the durable jobs cannot be opened")
                .caused_by(&error)
                .hint("see to the disk and the file's permissions, or name another directory with `--state-dir`"),
        )
    })?;
    Ok(Some(Arc::new(store)))
}

#[cfg(test)]
mod tests {
    use sidespin_expressions::{Declaration, Resolver};
    use sidespin_manifest::Source;

    use super::*;

    fn location(text: &str) -> Result<JobsLocation, String> {
        let config = RuntimeConfig::parse(&Source::new("runtime-config.toml", text)).unwrap();
        let declaration = Declaration {
            default: Some("p@ss/word".to_owned()),
            required: false,
            secret: true,
        };
        let resolver = Resolver::new([("db_password".to_owned(), declaration)]).unwrap();
        let variables = resolver.resolve().unwrap();
        JobsLocation::of("shop", &config, &variables, Path::new("/state"))
            .map_err(|mistake| mistake.to_string())
    }

    #[test]
    fn without_a_postgres_it_is_the_file() {
        for text in ["", "[jobs]\n", "[jobs]\npostgres = \"\"\n"] {
            let JobsLocation::File(path) = location(text).unwrap() else {
                panic!("{text}");
            };
            assert_eq!(path, Path::new("/state/jobs.db"));
        }
    }

    #[test]
    fn a_password_may_be_a_variable_and_is_shown_nowhere() {
        let text =
            "[jobs]\npostgres = \"postgres://shop@db.internal/shop\"\npassword = \"{{ db_password }}\"\n";
        let shown = format!("{:?}", location(text).unwrap());
        assert!(
            shown.contains("db.internal:5432") && !shown.contains("word"),
            "{shown}"
        );
        let config = RuntimeConfig::parse(&Source::new("runtime-config.toml", text)).unwrap();
        assert_eq!(
            JobsLocation::variables(&config),
            BTreeSet::from(["db_password".to_owned()])
        );
    }

    #[test]
    fn mistakes_are_shown_with_their_place_and_remedy() {
        let check = |text: &str, expected: &[&str]| {
            let error = location(text).unwrap_err();
            for expected in expected {
                assert!(error.contains(expected), "{error}");
            }
        };
        check(
            "[jobs]\npostgers = \"\"\n",
            &["postgers", "runtime-config.toml:2"],
        );
        check(
            "[jobs]\npassword = \"x\"\n",
            &["not which", "postgres = ", "runtime-config.toml:1"],
        );
        check(
            "[jobs]\npostgres = \"mysql://host\"\n",
            &["cannot be used", "postgres://user@host"],
        );
        check("[jobs]\npostgres = \"{{ absent }}\"\n", &["`postgres`", "absent"]);
    }
}
