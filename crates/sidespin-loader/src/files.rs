//! The files that a component may read.
//!
//! A directory that is placed somewhere, with nothing excluded, is mounted as it is: changes are seen at once. Everything
//! else (patterns, single files, exclusions) is gathered as copies in one directory that is mounted at `/`. The state
//! directory is never part of it, even where a pattern matches it: it holds every component's databases.

use std::collections::BTreeMap;
use std::path::{Component as PathPart, Path, PathBuf};

use sidespin_app::{ContentHash, MountedDirectory};
use sidespin_diagnostic::Diagnostic;
use sidespin_manifest::{Component, FilesMount};

use crate::cache::Cache;
use crate::shown;

pub(crate) fn mount(
    root: &Path,
    component: &Component,
    cache: &Cache,
) -> Result<Vec<MountedDirectory>, Diagnostic> {
    let mut mounted = Vec::new();
    let mut gathering = Gathering::new(root, cache.state_dir(), &component.exclude_files)?;
    for mount in &component.files {
        match mount {
            FilesMount::Pattern(pattern) => gathering.add_pattern(pattern)?,
            FilesMount::Placement { source, destination } => {
                let host_path = gathering.existing(source)?;
                let is_whole =
                    component.exclude_files.is_empty() && !cache.state_dir().starts_with(&host_path);
                if host_path.is_dir() && is_whole {
                    mounted.push(MountedDirectory {
                        host_path,
                        guest_path: destination.clone(),
                    });
                } else {
                    gathering.add_placement(&host_path, destination)?;
                }
            }
        }
    }
    if let Some(host_path) = gathering.finish(cache)? {
        if mounted.iter().any(|directory| directory.guest_path == "/") {
            return Err(
                Diagnostic::new("files cannot be added to a directory that is mounted at `/`").hint(
                    "give the directory another destination, or write it as a pattern: `\"directory/**/*\"`",
                ),
            );
        }
        mounted.push(MountedDirectory {
            host_path,
            guest_path: "/".to_owned(),
        });
    }
    Ok(mounted)
}

/// The files found so far, by their path inside.
struct Gathering<'a> {
    root: &'a Path,
    state_dir: &'a Path,
    excluded: Vec<glob::Pattern>,
    files: BTreeMap<PathBuf, PathBuf>,
    has_entries: bool,
}

impl<'a> Gathering<'a> {
    fn new(root: &'a Path, state_dir: &'a Path, excluded: &[String]) -> Result<Self, Diagnostic> {
        let excluded = excluded
            .iter()
            .map(|pattern| {
                glob::Pattern::new(pattern).map_err(|error| invalid_pattern("exclude_files", pattern, &error))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            root,
            state_dir,
            excluded,
            files: BTreeMap::new(),
            has_entries: false,
        })
    }

    /// A path of the manifest, which must be there and inside the application.
    fn existing(&self, path: &str) -> Result<PathBuf, Diagnostic> {
        let outside = Path::new(path).is_absolute()
            || Path::new(path)
                .components()
                .any(|part| part == PathPart::ParentDir);
        if outside {
            return Err(
                Diagnostic::new(format!("`{path}` is outside the application's directory"))
                    .hint("move it beside the manifest: only what is there can be mounted"),
            );
        }
        let full = self.root.join(path);
        if !full.exists() {
            return Err(
                Diagnostic::new(format!("there is no file or directory `{path}` to mount"))
                    .hint("the path is relative to the manifest"),
            );
        }
        Ok(full)
    }

    /// Adds what a pattern matches, at the same path under `/`; a directory stands for everything in it.
    fn add_pattern(&mut self, pattern: &str) -> Result<(), Diagnostic> {
        if matches!(
            Path::new(pattern).components().next_back(),
            Some(PathPart::ParentDir)
        ) || pattern.ends_with('.') && self.root.join(pattern).is_dir()
        {
            return Err(Diagnostic::new(format!("the pattern `{pattern}` names no files"))
                .hint("end it with `/**/*` for everything in a directory"));
        }
        let is_pattern = glob::Pattern::escape(pattern) != pattern;
        let literal = self.root.join(pattern);
        if !is_pattern || literal.exists() {
            let path = self.existing(pattern)?;
            return if path.is_dir() {
                self.add_tree(&path, self.root, Path::new(""))
            } else {
                self.add_file(&path, Path::new(pattern))
            };
        }
        // The root is escaped: a directory's name may hold characters that mean something in a pattern.
        let full = format!(
            "{}/{pattern}",
            glob::Pattern::escape(&self.root.to_string_lossy())
        );
        self.add_matches(&full, pattern, self.root, Path::new(""))
    }

    fn add_placement(&mut self, host_path: &Path, destination: &str) -> Result<(), Diagnostic> {
        let inside = Path::new(destination.trim_start_matches('/'));
        if host_path.is_dir() {
            self.add_tree(host_path, host_path, inside)
        } else {
            self.add_file(host_path, inside)
        }
    }

    fn add_tree(&mut self, directory: &Path, strip: &Path, inside: &Path) -> Result<(), Diagnostic> {
        let pattern = format!("{}/**/*", glob::Pattern::escape(&directory.to_string_lossy()));
        self.add_matches(&pattern, &pattern, strip, inside)
    }

    fn add_matches(
        &mut self,
        pattern: &str,
        shown_pattern: &str,
        strip: &Path,
        inside: &Path,
    ) -> Result<(), Diagnostic> {
        self.has_entries = true;
        let paths = glob::glob(pattern).map_err(|error| invalid_pattern("files", shown_pattern, &error))?;
        for path in paths {
            let path = path.map_err(|error| Diagnostic::new("cannot search for files").caused_by(&error))?;
            if !path.is_file() {
                continue;
            }
            let Ok(relative) = path.strip_prefix(strip) else {
                return Err(Diagnostic::new(format!(
                    "the pattern `{shown_pattern}` leads outside the application's directory"
                )));
            };
            self.add_file(&path, &inside.join(relative))?;
        }
        Ok(())
    }

    fn add_file(&mut self, host_path: &Path, inside: &Path) -> Result<(), Diagnostic> {
        self.has_entries = true;
        let from_root = host_path.strip_prefix(self.root).unwrap_or(host_path);
        let is_state = host_path.starts_with(self.state_dir);
        if is_state
            || self
                .excluded
                .iter()
                .any(|pattern| pattern.matches_path(from_root))
        {
            return Ok(());
        }
        let normal: PathBuf = inside
            .components()
            .filter(|part| *part != PathPart::CurDir)
            .collect();
        let is_inside = normal
            .components()
            .all(|part| matches!(part, PathPart::Normal(_)));
        if !is_inside || normal.as_os_str().is_empty() {
            return Err(
                Diagnostic::new(format!("{} cannot be the path of a file inside", shown(inside)))
                    .hint("the destination of a single file is the file's path: `\"/config/file.json\"`"),
            );
        }
        self.files.insert(normal, host_path.to_owned());
        Ok(())
    }

    /// The directory with everything that was found; none if nothing was asked for.
    fn finish(self, cache: &Cache) -> Result<Option<PathBuf>, Diagnostic> {
        if !self.has_entries {
            return Ok(None);
        }
        let files: Vec<_> = self.files.into_iter().collect();
        let mut listing = Vec::new();
        for (inside, outside) in &files {
            let bytes = std::fs::read(outside).map_err(|error| {
                Diagnostic::new(format!("cannot read {}", shown(outside))).caused_by(&error)
            })?;
            listing.extend(inside.as_os_str().as_encoded_bytes());
            listing.push(0);
            listing.extend(ContentHash::of(&bytes).as_bytes());
        }
        cache
            .gathered(ContentHash::of(&listing), &files)
            .map(Some)
            .map_err(|error| {
                Diagnostic::new("cannot gather the files that are mounted")
                    .caused_by(&error)
                    .hint("let the state directory be written to, or name another with `--state-dir`")
            })
    }
}

fn invalid_pattern(key: &str, pattern: &str, error: &glob::PatternError) -> Diagnostic {
    Diagnostic::new(format!("`{pattern}` in `{key}` is not a pattern: {}", error.msg))
}
