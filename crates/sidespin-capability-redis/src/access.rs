//! Which servers a component may use, and its connections to them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sidespin_app::ComponentId;
use sidespin_outbound::{AllowedHosts, Destination};
use sidespin_redis_client::{Address, Client, Connector, RedisError};
use sidespin_world::redis::redis as wit;

use crate::connection::Connection;

/// Addresses that one component uses at once. Databases and users count: each is a connection of its own.
const CONNECTIONS: usize = 16;

/// What the instances of one component share: its grants and its connections. Connections are never shared between
/// components, whose grants differ.
#[derive(Debug)]
pub struct ComponentAccess {
    component: ComponentId,
    allowed: Arc<AllowedHosts>,
    clients: Mutex<HashMap<Address, Client>>,
}

impl ComponentAccess {
    pub(crate) fn new(component: ComponentId, allowed: AllowedHosts) -> Self {
        Self {
            component,
            allowed: Arc::new(allowed),
            clients: Mutex::new(HashMap::new()),
        }
    }

    /// Opens a server, by a connection that exists if there is one.
    pub(crate) async fn open(&self, text: &str) -> Result<Connection, wit::Error> {
        let address = Address::parse(text).map_err(|error| {
            tracing::warn!(component = %self.component, %error, "a Redis address is not usable");
            wit::Error::InvalidAddress
        })?;
        let client = self.client(address)?;
        match client.connect().await {
            Ok(()) => Ok(Connection::new(client)),
            Err(error) => {
                self.tell(&client, &error);
                Err(match error {
                    RedisError::Prohibited { .. } => wit::Error::InvalidAddress,
                    error => wit::Error::Other(error.to_string()),
                })
            }
        }
    }

    fn client(&self, address: Address) -> Result<Client, wit::Error> {
        let host = address.host();
        let destination = Destination::new(address.scheme(), &host, Some(address.port()))
            .map_err(|_no_host| wit::Error::InvalidAddress)?;
        if !self.allowed.allows(&destination) {
            let hint = self.allowed.denial_hint(self.component.as_str(), &destination);
            tracing::warn!(component = %self.component, "a Redis server was denied; {hint}");
            return Err(wit::Error::InvalidAddress);
        }
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&address) {
            return Ok(client.clone());
        }
        if clients.len() >= CONNECTIONS {
            clients.retain(|_address, client| client.is_shared());
        }
        if clients.len() >= CONNECTIONS {
            tracing::warn!(component = %self.component, "more than {CONNECTIONS} Redis addresses are in use");
            return Err(wit::Error::TooManyConnections);
        }
        let allowed = Arc::clone(&self.allowed);
        let connector = Connector::new(address.clone())
            .permitting(Arc::new(move |peer| allowed.allows_address(&destination, peer)));
        let client = Client::new(connector);
        clients.insert(address, client.clone());
        Ok(client)
    }

    fn tell(&self, client: &Client, error: &RedisError) {
        let (component, server) = (&self.component, client.server());
        let prohibited = match error {
            RedisError::Prohibited { address, .. } => Destination::parse(server, "redis")
                .map(|destination| {
                    self.allowed
                        .address_denial_hint(component.as_str(), &destination, *address)
                })
                .ok(),
            _ => None,
        };
        match prohibited {
            Some(hint) => tracing::warn!(%component, %error, "a Redis server was denied; {hint}"),
            None => tracing::warn!(%component, %error, "a Redis server could not be opened"),
        }
    }
}
