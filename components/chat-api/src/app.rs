//! The service on a platform: what an instance knows, and the way of a request through it.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderName};
use http::request::Parts;
use http::{HeaderValue, Method};
use todo_domain::problem::Code;
use todo_domain::time::Timestamp;
use todo_service::answer::Answer;
use todo_service::database::{Database, DatabaseError};
use todo_service::migrate::prepare;
use todo_service::outbox::Relay;
use todo_service::rate_limit::{RateLimits, Standing};

use crate::access::Access;
use crate::assistant::{ChatStream, Provider};
use crate::auth::token::{Signer, seed};
use crate::download::Download;
use crate::failure::Failure;
use crate::handlers;
use crate::issuer::SecondIssuer;
use crate::knowledge::Knowledge;
use crate::limits::{self, Class};
use crate::mcp;
use crate::platform::Platform;
use crate::request::{Body, Call};
use crate::router::{self, Route, Target};
use crate::sessions::EndedSessions;
use crate::settings::Settings;
use crate::store::migrations::{OUTBOX, SCHEMA};
use crate::store::search;
use crate::store::settings::get_or_set;
use crate::updates::UpdateStream;

/// An instance of the service. It serves many requests, also at once.
#[derive(Debug)]
pub struct App<P: Platform> {
    pub(crate) platform: P,
    pub(crate) settings: Settings,
    pub(crate) signer: Signer,
    pub(crate) issuer: Option<SecondIssuer>,
    pub(crate) cursor_key: String,
    /// What log-ins to accounts that do not exist are verified against.
    pub(crate) nobodys_hash: String,
    pub(crate) limits: RateLimits,
    pub(crate) knowledge: Knowledge,
    pub(crate) ended: EndedSessions,
    /// Who answers in the chat.
    pub(crate) provider: Provider,
    pub(crate) relay: Relay,
    pub(crate) are_jobs_ensured: Cell<bool>,
    /// The idempotency keys of requests that this instance is at, with their users.
    pub(crate) in_flight: RefCell<HashSet<(String, String)>>,
}

/// What a request is answered with.
#[derive(Debug)]
pub enum Reply<P: Platform> {
    /// All at once.
    Complete(Answer),
    /// Headers now, and events as they happen.
    Stream(http::Response<()>, Box<UpdateStream<P>>),
    /// Headers now, and a turn of the chat as it happens.
    Chat(http::Response<()>, Box<ChatStream>),
    /// Headers now, and a file piece by piece.
    Download(http::Response<()>, Box<Download<P>>),
}

/// A user who has shown a token.
pub(crate) struct Caller {
    pub(crate) user_id: String,
    /// When the token expires, in seconds since the Unix epoch.
    pub(crate) expires_at: i64,
    /// What it allows.
    pub(crate) access: Access,
    /// What the caller's streams end with.
    pub(crate) session: Option<String>,
    /// What the second issuer calls the user, if the token is of it.
    pub(crate) subject: Option<String>,
}

impl<P: Platform> App<P> {
    /// Reads the settings, makes the tables, and agrees with the other instances on the keys.
    ///
    /// # Errors
    /// The database does not answer, or the signing key is none, or the second issuer cannot be one.
    pub async fn start(platform: P) -> Result<Self, DatabaseError> {
        let settings = Settings::read(&platform).await;
        let issuer =
            SecondIssuer::configured(&settings.oidc).map_err(|reason| DatabaseError::Failed { reason })?;
        let connection = platform.database().connect().await?;
        prepare(platform.database(), &connection, &SCHEMA).await?;
        search::index_all(&connection).await?;
        let fresh = || crate::hex::encode(&platform.random());
        let cursor_key = get_or_set(&connection, "cursor_key", fresh()).await?;
        let seed = if settings.signing_key.trim().is_empty() {
            let fresh = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, platform.random());
            seed(&get_or_set(&connection, "jwt_signing_key", fresh).await?)
        } else {
            seed(&settings.signing_key)
        };
        let wrong = "`jwt_signing_key` is not 32 bytes in base64; make one with `openssl rand -base64 32`";
        let seed = seed.ok_or_else(|| DatabaseError::Failed {
            reason: wrong.to_owned(),
        })?;
        drop(connection);
        let relay = Relay::new(OUTBOX, fresh());
        let provider = Provider::read(&platform).await;
        let app = Self {
            signer: Signer::new(&seed),
            issuer,
            nobodys_hash: crate::auth::password::of_nobody(&platform.random()),
            cursor_key,
            settings,
            limits: RateLimits::new(limits::TABLE),
            knowledge: Knowledge::default(),
            ended: EndedSessions::default(),
            provider,
            relay,
            are_jobs_ensured: Cell::new(false),
            in_flight: RefCell::default(),
            platform,
        };
        app.begin_filling().await?;
        Ok(app)
    }

    /// A new UUIDv7.
    pub(crate) fn new_id(&self) -> String {
        let milliseconds = u64::try_from(self.platform.now()).unwrap_or_default();
        let mut random = [0; 10];
        for (byte, source) in random.iter_mut().zip(self.platform.random()) {
            *byte = source;
        }
        uuid::Builder::from_unix_timestamp_millis(milliseconds, &random)
            .into_uuid()
            .to_string()
    }

    pub(crate) fn now(&self) -> Result<Timestamp, Failure> {
        let now = Timestamp::from_millis(self.platform.now());
        now.ok_or_else(|| Failure::internal("the clock is outside of the years 1970 to 9999"))
    }

    /// Answers a request.
    pub async fn handle(app: &std::rc::Rc<Self>, parts: Parts, body: Body) -> Reply<P> {
        let call = Call::new(parts, body, app.platform.now(), || app.new_id());
        let mut standing = None;
        let result = Self::dispatch(app, &call, &mut standing).await;
        let mut reply = result.unwrap_or_else(|failure| {
            if let Some(reason) = failure.reason() {
                let (method, path) = (&call.parts.method, router::without_secret(call.path()));
                app.platform.log(&format!(
                    "request {} to {method} {path} failed: {reason}",
                    call.request_id
                ));
            }
            Reply::Complete(failure.answer(router::without_secret(call.path()), &call.request_id))
        });
        let headers = match &mut reply {
            Reply::Complete(answer) => answer.headers_mut(),
            Reply::Stream(answer, _stream) => answer.headers_mut(),
            Reply::Chat(answer, _turn) => answer.headers_mut(),
            Reply::Download(answer, _file) => answer.headers_mut(),
        };
        if let Some(standing) = standing {
            standing.write(headers);
        }
        if let Ok(value) = HeaderValue::from_str(&call.request_id) {
            headers.insert(HeaderName::from_static("x-request-id"), value);
        }
        if call.parts.method == Method::HEAD
            && let Reply::Download(head, _file) = reply
        {
            // How long the file is shows only when it is made.
            return Reply::Complete(head.map(|()| Bytes::new()));
        }
        if let Reply::Complete(answer) = &mut reply
            && call.parts.method == Method::HEAD
        {
            let length = HeaderValue::from(answer.body().len());
            answer.headers_mut().insert(CONTENT_LENGTH, length);
            *answer.body_mut() = Bytes::new();
        }
        reply
    }

    async fn dispatch(
        app: &std::rc::Rc<Self>,
        call: &Call,
        standing: &mut Option<Standing>,
    ) -> Result<Reply<P>, Failure> {
        let Target { route, path_user } = router::resolve(call.path()).ok_or_else(Failure::not_found)?;
        if !route.takes(&call.parts.method) {
            return Err(Failure::method_not_allowed(route.methods()));
        }
        let this = app.as_ref();
        let answer = match &route {
            // Probes and other services are not counted.
            Route::Live => Ok(handlers::health::live()),
            Route::Ready => handlers::health::ready(this).await,
            Route::Keys => Ok(handlers::auth::keys(this, call)),
            Route::Mcp => mcp::serve(this, call, standing).await,
            Route::ResourceMetadata => Ok(mcp::metadata::document(this, call)),
            Route::Metrics => handlers::internal::metrics(this, call).await,
            Route::Operator(route) => handlers::operator::serve(this, call, route, standing).await,
            Route::Chat if handlers::faq_chat::is_meant(this, call) => {
                handlers::faq_chat::say(this, call, standing).await
            }
            Route::ChatFeedback => handlers::faq_chat::rate(this, call, standing).await,
            Route::NextTask => handlers::internal::next_task(this, call).await,
            Route::Agenda => handlers::internal::agenda(this, call).await,
            Route::Introspect => handlers::introspection::introspect(this, call).await,
            Route::SignUp | Route::LogIn => {
                this.count_address(Class::Auth, call, standing).await?;
                if route == Route::SignUp {
                    handlers::auth::sign_up(this, call).await
                } else {
                    handlers::auth::log_in(this, call).await
                }
            }
            Route::Refresh => {
                this.count_address(Class::Default, call, standing).await?;
                handlers::auth::refresh(this, call).await
            }
            Route::Calendar(token) => {
                this.count_address(Class::Default, call, standing).await?;
                return handlers::calendar::feed(app, call, token).await;
            }
            Route::LogOut => {
                this.count_address(Class::Default, call, standing).await?;
                handlers::auth::log_out(this, call).await
            }
            _ => {
                let caller = this.admit(call, &route, path_user.as_deref(), standing).await?;
                if route == Route::Updates {
                    return handlers::updates::open(app, call, &caller).await;
                }
                if route == Route::Chat {
                    return handlers::chat::say(app, call, caller).await;
                }
                if route == Route::Export {
                    return handlers::exchange::export(app, call, caller).await;
                }
                handlers::of_user(this, call, &caller, &route).await
            }
        };
        answer.map(Reply::Complete)
    }

    /// Lets a user in: the token, the limit, the path's user, and what the token allows.
    pub(crate) async fn admit(
        &self,
        call: &Call,
        route: &Route,
        path_user: Option<&str>,
        standing: &mut Option<Standing>,
    ) -> Result<Caller, Failure> {
        let caller = match self.identify(call).await {
            Ok(caller) => caller,
            Err(failure) => {
                // Whoever tries tokens is counted as well.
                self.count_address(Class::Default, call, standing).await?;
                return Err(failure);
            }
        };
        let class = if *route == Route::Chat {
            Class::Chat
        } else {
            Class::Default
        };
        self.count(class, &caller.user_id, call.now, standing).await?;
        if path_user.is_some_and(|path_user| !caller.is_called(path_user)) {
            return Err(Failure::new(
                Code::Forbidden,
                "the path names another user than the token",
            ));
        }
        caller.check(route, &call.parts.method)?;
        Ok(caller)
    }

    pub(crate) async fn count_address(
        &self,
        class: Class,
        call: &Call,
        standing: &mut Option<Standing>,
    ) -> Result<(), Failure> {
        let address = format!("address {}", call.client_address(self.settings.trusted_proxies));
        self.count(class, &address, call.now, standing).await
    }

    pub(crate) async fn count(
        &self,
        class: Class,
        who: &str,
        now: i64,
        standing: &mut Option<Standing>,
    ) -> Result<(), Failure> {
        let connect = || self.platform.database().connect();
        *standing = self
            .limits
            .count(class.limit(&self.settings), who, now, connect)
            .await?;
        match standing.as_ref().and_then(Standing::retry_after) {
            Some(seconds) => Err(Failure::rate_limited(seconds)),
            None => Ok(()),
        }
    }
}
