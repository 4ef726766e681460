//! Apache Kafka in KRaft mode, one node, from the jars of Maven Central.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, bail};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;

use crate::process::Process;
use crate::{address, missing};

/// What Maven puts into the cache; `kafka/pom.xml` says which.
const VERSION: &str = "4.1.2";
/// Names a cluster; any 16 bytes in base64 do.
const CLUSTER_ID: &str = "c2lkZXNwaW4tdGVzdHMhIQ";

/// How clients reach a listener, in Kafka's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KafkaListener {
    /// As it is.
    Plaintext,
    /// With user and password: PLAIN and SCRAM.
    SaslPlaintext,
    /// With TLS.
    Ssl,
    /// With both.
    SaslSsl,
}

impl KafkaListener {
    const ALL: [Self; 4] = [Self::Plaintext, Self::SaslPlaintext, Self::Ssl, Self::SaslSsl];

    /// The name of the protocol.
    #[must_use]
    pub fn protocol(self) -> &'static str {
        match self {
            Self::Plaintext => "PLAINTEXT",
            Self::SaslPlaintext => "SASL_PLAINTEXT",
            Self::Ssl => "SSL",
            Self::SaslSsl => "SASL_SSL",
        }
    }
}

/// Who clients and server are, for the listeners that ask.
#[derive(Debug, Clone)]
pub struct KafkaIdentity {
    /// The server's certificate and those that signed it, in PEM.
    pub certificate: String,
    /// Its key, PKCS #8 in PEM.
    pub key: String,
    /// The one user.
    pub username: String,
    /// The user's password.
    pub password: String,
}

impl KafkaIdentity {
    /// An identity for one user on this machine, and the certificate of the authority that signed it, in PEM.
    ///
    /// # Errors
    /// There are no random numbers.
    pub fn generate(username: &str, password: &str) -> Result<(Self, String)> {
        let mut authority = CertificateParams::new(Vec::new())?;
        authority
            .distinguished_name
            .push(DnType::CommonName, "an authority for tests");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned(), "localhost".to_owned()])?
            .signed_by(&key, &authority)?;
        let identity = Self {
            certificate: certificate.pem() + &authority.pem(),
            key: key.serialize_pem(),
            username: username.to_owned(),
            password: password.to_owned(),
        };
        Ok((identity, authority.pem()))
    }
}

/// A running Kafka.
#[derive(Debug)]
pub struct Kafka {
    addresses: Vec<(KafkaListener, SocketAddr)>,
    controller: SocketAddr,
    directory: TempDir,
    jars: PathBuf,
    process: Mutex<Option<Process>>,
}

impl Kafka {
    /// Starts one; nothing where Java or Maven is missing, and the test is skipped.
    ///
    /// # Panics
    /// Java or Maven is missing in continuous integration.
    ///
    /// # Errors
    /// It does not start.
    pub fn start() -> Result<Option<Self>> {
        Self::with(None)
    }

    /// Starts one that also has the listeners with users and TLS.
    ///
    /// # Panics
    /// Java or Maven is missing in continuous integration.
    ///
    /// # Errors
    /// It does not start.
    pub fn start_secured(identity: &KafkaIdentity) -> Result<Option<Self>> {
        Self::with(Some(identity))
    }

    fn with(identity: Option<&KafkaIdentity>) -> Result<Option<Self>> {
        let Some(jars) = jars()? else { return Ok(None) };
        for _attempt in 0..address::ATTEMPTS {
            let listeners = if identity.is_some() {
                &KafkaListener::ALL[..]
            } else {
                &KafkaListener::ALL[..1]
            };
            let addresses = listeners
                .iter()
                .map(|listener| Ok((*listener, address::free()?)))
                .collect::<Result<_>>()?;
            let kafka = Self {
                addresses,
                controller: address::free()?,
                directory: TempDir::new()?,
                jars: jars.clone(),
                process: Mutex::new(None),
            };
            kafka.configure(identity)?;
            if kafka.run()? {
                return Ok(Some(kafka));
            }
        }
        bail!("Kafka does not start")
    }

    /// Where clients connect without more.
    #[must_use]
    pub fn bootstrap_servers(&self) -> String {
        self.at(KafkaListener::Plaintext).unwrap_or_default()
    }

    /// Where clients of a listener connect, if it is there.
    #[must_use]
    pub fn at(&self, listener: KafkaListener) -> Option<String> {
        let found = self.addresses.iter().find(|(this, _)| *this == listener)?;
        Some(found.1.to_string())
    }

    /// Ends it as a crash would.
    ///
    /// # Errors
    /// The process cannot be waited for.
    pub fn stop(&self) -> Result<()> {
        let process = self.process.lock().unwrap_or_else(PoisonError::into_inner).take();
        process.map_or(Ok(()), |process| process.stop("KILL"))
    }

    /// Starts it again at the same addresses, with what it had.
    ///
    /// # Errors
    /// It does not start.
    pub fn restart(&self) -> Result<()> {
        self.stop()?;
        if !self.run()? {
            bail!("Kafka does not start again: {}", self.log());
        }
        Ok(())
    }

    /// Runs a Java program against it: one source file that uses Kafka's own client, with arguments. Answers what it prints.
    ///
    /// # Errors
    /// It ends with an error, which is in the message.
    pub fn run_java(source: &Path, arguments: &[&str]) -> Result<Option<String>> {
        let Some(jars) = jars()? else { return Ok(None) };
        let output = java(&jars)
            .arg(source)
            .args(arguments)
            .output()
            .context("cannot run java")?;
        if !output.status.success() {
            bail!(
                "{}: {}",
                source.display(),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(Some(String::from_utf8_lossy(&output.stdout).into_owned()))
    }

    fn configuration(&self) -> PathBuf {
        self.directory.path().join("server.properties")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    fn configure(&self, identity: Option<&KafkaIdentity>) -> Result<()> {
        let listed = |what: fn(KafkaListener, SocketAddr) -> String| {
            let all: Vec<_> = self
                .addresses
                .iter()
                .map(|(listener, address)| what(*listener, *address))
                .collect();
            all.join(",")
        };
        let addresses = listed(|listener, address| format!("{}://{address}", listener.protocol()));
        let controller = self.controller;
        let folder = self.directory.path().join("data");
        let mut text = format!(
            "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@{controller}\n\
             controller.listener.names=CONTROLLER\nlisteners={addresses},CONTROLLER://{controller}\n\
             advertised.listeners={addresses}\ninter.broker.listener.name=PLAINTEXT\n\
             listener.security.protocol.map=CONTROLLER:PLAINTEXT,{}\nlog.dirs={}\n",
            listed(|listener, _| format!("{0}:{0}", listener.protocol())),
            folder.display(),
        );
        // As a cluster of one must have it, and nothing is created behind anyone's back.
        text.push_str(
            "offsets.topic.replication.factor=1\noffsets.topic.num.partitions=4\n\
             transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n\
             group.initial.rebalance.delay.ms=0\nauto.create.topics.enable=false\n\
             log.flush.interval.messages=10000\n",
        );
        let mut format = self.program(&["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c"]);
        format.arg(self.configuration());
        if let Some(identity) = identity {
            secure(&mut text, identity)?;
            for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-512"] {
                let KafkaIdentity {
                    username, password, ..
                } = identity;
                format.arg("--add-scram");
                format.arg(format!("{mechanism}=[name={username},password={password}]"));
            }
        }
        fs::write(self.configuration(), text)?;
        let output = format.output().context("cannot run java")?;
        if !output.status.success() {
            bail!("Kafka's storage: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }

    fn program(&self, arguments: &[&str]) -> Command {
        let mut command = java(&self.jars);
        command.args(arguments);
        command
    }

    fn run(&self) -> Result<bool> {
        let mut command = self.program(&["kafka.Kafka"]);
        command.arg(self.configuration());
        let mut process = Process::start(&command, &self.directory.path().join("log"))?;
        let Some((_, address)) = self.addresses.first() else {
            bail!("no listener");
        };
        let is_running = process.wait_for(*address, || true)?;
        *self.process.lock().unwrap_or_else(PoisonError::into_inner) = Some(process);
        Ok(is_running)
    }
}

impl Drop for Kafka {
    fn drop(&mut self) {
        // There is nobody to tell, and its folder goes next.
        let _stopped = self.stop();
    }
}

fn secure(text: &mut String, identity: &KafkaIdentity) -> Result<()> {
    let KafkaIdentity {
        certificate,
        key,
        username,
        password,
    } = identity;
    let escaped = |pem: &str| pem.trim().replace('\n', "\\n");
    writeln!(text, "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512")?;
    for listener in [KafkaListener::SaslPlaintext, KafkaListener::SaslSsl] {
        let prefix = format!("listener.name.{}", listener.protocol().to_lowercase());
        writeln!(
            text,
            "{prefix}.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
             user_{username}=\"{password}\";"
        )?;
        for mechanism in ["scram-sha-256", "scram-sha-512"] {
            writeln!(
                text,
                "{prefix}.{mechanism}.sasl.jaas.config=\
                 org.apache.kafka.common.security.scram.ScramLoginModule required;"
            )?;
        }
    }
    writeln!(text, "ssl.keystore.type=PEM")?;
    writeln!(text, "ssl.keystore.certificate.chain={}", escaped(certificate))?;
    writeln!(text, "ssl.keystore.key={}", escaped(key))?;
    Ok(())
}

fn java(jars: &Path) -> Command {
    let mut command = Command::new("java");
    command
        .args(["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"])
        .arg(jars.join("*"));
    command
}

/// The folder with the jars, which Maven fills the first time.
fn jars() -> Result<Option<PathBuf>> {
    static FILLING: Mutex<()> = Mutex::new(());
    let exists = |program: &str| {
        let run = Command::new(program)
            .arg("-version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        run.is_ok_and(|status| status.success())
    };
    for (program, package) in [("java", "openjdk-17-jre-headless"), ("mvn", "maven")] {
        if !exists(program) {
            missing(program, &format!("install the package `{package}`"));
            return Ok(None);
        }
    }
    let home = std::env::var_os("HOME").context("there is no HOME")?;
    let cache =
        std::env::var_os("XDG_CACHE_HOME").map_or_else(|| Path::new(&home).join(".cache"), PathBuf::from);
    let folder = cache.join("sidespin").join(format!("kafka-{VERSION}"));
    let _filling = FILLING.lock().unwrap_or_else(PoisonError::into_inner);
    if folder.join("complete").exists() {
        return Ok(Some(folder));
    }
    let pom = Path::new(env!("CARGO_MANIFEST_DIR")).join("kafka/pom.xml");
    let status = Command::new("mvn")
        .args(["--batch-mode", "--quiet", "--file"])
        .arg(pom)
        .arg("org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies")
        .arg("-DincludeScope=runtime")
        .arg(format!("-DoutputDirectory={}", folder.display()))
        .status()?;
    if !status.success() {
        bail!("Maven could not fetch Kafka's jars");
    }
    fs::write(folder.join("complete"), VERSION)?;
    Ok(Some(folder))
}
