//! Fetches and unpacks the two Debian packages that the target is built from, without installing anything and
//! without touching apt's own state: the standard library's source, of exactly the compiler's version, and the C library.
//! The mirrors are those that apt is configured with; what comes from them is verified by apt's keys or by a hash.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::process;

/// In this order: the first is the one that carries compilers newer than the stable distribution.
const SUITES: [&str; 4] = ["trixie-backports", "trixie", "forky", "sid"];

/// Source packages that a mirror's pool may keep after its lists moved on, with the SHA-256 that the signed
/// list gave for them. Only these are taken from the pool: nothing else vouches for them.
const POOL: [(&str, &str); 1] = [(
    "rust-src_1.95.0+dfsg1-2~bpo13+1_all.deb",
    "7b76db5b880a77f9e52975d2baa6209d2f76d2c9c2789515c3088cb960e2c83b",
)];

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
const APT_HELPER: &str = "/usr/lib/apt/apt-helper";

/// The unpacked packages.
#[derive(Debug)]
pub(super) struct Packages {
    /// The folder that holds the compiler's sources, with `library/` in it.
    pub(super) source: PathBuf,
    /// The folder of the C library's files for the target.
    pub(super) c_library: PathBuf,
}

pub(super) fn fetch(work: &Path, version: &str) -> Result<Packages> {
    for tool in ["apt-get", "apt-cache", "dpkg-deb"] {
        let found = Command::new(tool)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !found.is_ok_and(|status| status.success()) {
            bail!("this way needs a Debian or Ubuntu system: there is no `{tool}`");
        }
    }
    let mirrors = mirrors(&process::capture(Command::new("apt-get").args([
        "indextargets",
        "--format",
        "$(REPO_URI)",
        "Created-By: Packages",
    ]))?);
    let mut problems = Vec::new();
    for (number, mirror) in mirrors.iter().enumerate() {
        let apt = Apt::new(work.join(format!("apt-{number}")), mirror)?;
        match apt.fetch_both(version) {
            Ok(packages) => return Ok(packages),
            Err(error) => problems.push(format!("{error:#}")),
        }
    }
    if problems.is_empty() {
        bail!("apt is configured with no package source");
    }
    bail!("{}", problems.join("; "))
}

/// The archives that apt is configured with, most likely ones first: security archives carry neither package.
fn mirrors(listed: &str) -> Vec<String> {
    let mut mirrors: Vec<String> = listed
        .lines()
        .map(str::trim)
        .filter(|uri| !uri.is_empty() && !uri.contains("security"))
        .map(str::to_owned)
        .collect();
    mirrors.sort_by_key(|uri| (!uri.trim_end_matches('/').ends_with("/debian"), uri.clone()));
    mirrors.dedup();
    mirrors
}

/// One mirror, with lists and caches of its own.
#[derive(Debug)]
struct Apt {
    folder: PathBuf,
    mirror: String,
}

impl Apt {
    fn new(folder: PathBuf, mirror: &str) -> Result<Self> {
        for part in ["lists/partial", "cache/archives/partial", "unpacked"] {
            let part = folder.join(part);
            fs::create_dir_all(&part).with_context(|| format!("creating {}", part.display()))?;
        }
        Ok(Self {
            folder,
            mirror: mirror.to_owned(),
        })
    }

    fn fetch_both(&self, version: &str) -> Result<Packages> {
        let c_library = self.fetch_listed("wasi-libc", None)?;
        self.unpack(&c_library)?;
        let source = match self.fetch_listed_in(
            SUITES.first().copied().unwrap_or_default(),
            "rust-src",
            Some(version),
        ) {
            Ok(Some(source)) => source,
            // The pool before the other suites: it is one download instead of three long lists.
            _ => match self.fetch_from_pool(version)? {
                Some(source) => source,
                None => self.fetch_listed("rust-src", Some(version))?,
            },
        };
        self.unpack(&source)?;
        let unpacked = self.folder.join("unpacked");
        let packages = Packages {
            source: unpacked.join("usr/src").join(format!("rustc-{version}")),
            c_library: unpacked.join("usr/lib").join(super::TARGET),
        };
        for folder in [packages.source.join("library"), packages.c_library.clone()] {
            if !folder.is_dir() {
                bail!("the packages do not hold {}", folder.display());
            }
        }
        Ok(packages)
    }

    /// From the first suite that lists the package, in any version or in that of the compiler.
    fn fetch_listed(&self, package: &str, version: Option<&str>) -> Result<PathBuf> {
        let mut unreachable = None;
        for suite in SUITES {
            match self.fetch_listed_in(suite, package, version) {
                Ok(Some(file)) => return Ok(file),
                Ok(None) => {}
                Err(error) => unreachable = Some(error),
            }
        }
        let of_version = version
            .map(|version| format!(" of version {version}"))
            .unwrap_or_default();
        let missing = format!(
            "no package `{package}`{of_version} in {} (suites {})",
            self.mirror,
            SUITES.join(", ")
        );
        match unreachable {
            Some(error) => Err(error.context(missing)),
            None => bail!(missing),
        }
    }

    fn fetch_listed_in(&self, suite: &str, package: &str, version: Option<&str>) -> Result<Option<PathBuf>> {
        let list = self.folder.join(format!("{suite}.list"));
        if !list.exists() {
            println!("reading the package list of {suite}");
            let signed = if Path::new(KEYRING).exists() {
                format!("[signed-by={KEYRING}] ")
            } else {
                String::new()
            };
            let pending = self.folder.join("pending.list");
            fs::write(&pending, format!("deb {signed}{} {suite} main\n", self.mirror))?;
            let mut update = self.apt("apt-get", &pending);
            update.args(["-qq", "-o", "APT::Update::Error-Mode=any", "update"]);
            process::run(&mut update)?;
            fs::rename(&pending, &list)?;
        }
        let versions = process::capture(self.apt("apt-cache", &list).args(["madison", package]))?;
        let Some(version) = pick(&versions, version) else {
            return Ok(None);
        };
        println!("downloading {package} {version}");
        let download = format!("{package}={version}");
        process::run(self.apt("apt-get", &list).args(["-q", "download", &download]))?;
        // apt writes a version's `:` as `%3a` in file names; the package's name is enough to find it.
        Ok(Some(self.downloaded(package)?))
    }

    fn fetch_from_pool(&self, version: &str) -> Result<Option<PathBuf>> {
        let wanted = format!("rust-src_{version}+");
        for (name, hash) in POOL.iter().filter(|(name, _)| name.starts_with(&wanted)) {
            let file = self.folder.join(name);
            println!("downloading {name} from the mirror's pool");
            let mut download = Command::new(APT_HELPER);
            download.args(["-q", "-o", "APT::Sandbox::User=", "download-file"]);
            download.arg(format!(
                "{}/pool/main/r/rustc/{name}",
                self.mirror.trim_end_matches('/')
            ));
            download.arg(&file).arg(format!("SHA256:{hash}"));
            if process::run(&mut download).is_ok() {
                return Ok(Some(file));
            }
        }
        Ok(None)
    }

    fn downloaded(&self, package: &str) -> Result<PathBuf> {
        let prefix = format!("{package}_");
        for entry in self.folder.read_dir()? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with(&prefix) && name.ends_with(".deb") {
                return Ok(path);
            }
        }
        bail!("apt downloaded no file for `{package}`")
    }

    fn unpack(&self, package: &Path) -> Result<()> {
        process::run(
            Command::new("dpkg-deb")
                .arg("-x")
                .arg(package)
                .arg(self.folder.join("unpacked")),
        )
    }

    fn apt(&self, program: &str, list: &Path) -> Command {
        let mut command = Command::new(program);
        let mut option = |name: &str, value: &Path| {
            command.arg("-o").arg(format!("{name}={}", value.display()));
        };
        option("Dir::Etc::sourcelist", list);
        option("Dir::Etc::sourceparts", Path::new("/dev/null"));
        option("Dir::State::Lists", &self.folder.join("lists"));
        option("Dir::Cache", &self.folder.join("cache"));
        // The lists of the other suites stay, they are asked again.
        option("APT::Get::List-Cleanup", Path::new("false"));
        // The work folder belongs to whoever runs this, not to apt's own user.
        option("APT::Sandbox::User", Path::new(""));
        command.current_dir(&self.folder);
        command
    }
}

/// The newest version in what `apt-cache madison` printed, or the newest packaging of the one wanted.
fn pick(listed: &str, wanted: Option<&str>) -> Option<String> {
    let of_wanted = |version: &&str| match wanted {
        Some(wanted) => version
            .strip_prefix(wanted)
            .is_some_and(|rest| rest.starts_with(['+', '-', '~'])),
        None => true,
    };
    listed
        .lines()
        .filter_map(|line| line.split('|').nth(1))
        .map(str::trim)
        .find(of_wanted)
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compilers_version_is_picked_among_several() {
        let listed = "  rust-src | 1.96.1+dfsg1-2~bpo13+1 | a mirror\n  rust-src | 1.95.0+dfsg1-2~bpo13+1 | a mirror\n";
        assert_eq!(
            pick(listed, Some("1.95.0")).as_deref(),
            Some("1.95.0+dfsg1-2~bpo13+1")
        );
        assert_eq!(pick(listed, None).as_deref(), Some("1.96.1+dfsg1-2~bpo13+1"));
        assert_eq!(pick(listed, Some("1.9")), None);
        assert_eq!(pick("", None), None);
    }

    #[test]
    fn debians_archive_comes_first_and_security_not_at_all() {
        let listed = "http://b.test/tools/\nhttp://a.test/debian-security/\nhttp://a.test/debian/\nhttp://a.test/debian/\n";
        assert_eq!(mirrors(listed), ["http://a.test/debian/", "http://b.test/tools/"]);
    }

    #[test]
    fn what_the_pool_may_give_is_pinned_by_a_full_hash() {
        for (name, hash) in POOL {
            assert!(name.ends_with("_all.deb") && hash.len() == 64, "{name}");
        }
    }
}
