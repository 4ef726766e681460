//! Stores in a Redis: every key is a plain string there, behind the store's prefix.
//!
//! What must happen as a whole is one command, or a script, which Redis runs without letting anybody in between.

use futures::FutureExt;
use sidespin_redis_client::{Answer, Client, RedisError, command};

use crate::backend::{Backend, Done, PAGE, Page, StoreError, Swap};

/// The first word of the script's own refusal.
const TOO_LARGE: &str = "TOOLARGE";

/// The values of the keys, unless they are larger together than the argument. So a large answer is refused by the server that
/// has it, and not after it has come.
const GET_MANY: &str = "
local values = redis.call('MGET', unpack(KEYS))
local size = 0
for index = 1, #KEYS do
  if values[index] then size = size + #values[index] end
end
if size > tonumber(ARGV[1]) then return redis.error_reply('TOOLARGE values') end
return values";

/// Sets the key to the third argument if its value is the second one, or, where the first one is 'none', if it has none.
const SWAP: &str = "
local present = redis.call('GET', KEYS[1])
local unchanged
if ARGV[1] == 'none' then unchanged = not present else unchanged = present == ARGV[2] end
if not unchanged then return {0, present} end
redis.call('SET', KEYS[1], ARGV[3])
return {1}";

/// One store in a Redis.
#[derive(Debug)]
pub(crate) struct RedisStore {
    pub(crate) client: Client,
    /// What the store's keys begin with in Redis; mostly nothing.
    pub(crate) prefix: String,
}

impl RedisStore {
    fn name(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    fn names(&self, keys: &[String]) -> Vec<String> {
        keys.iter().map(|key| self.name(key)).collect()
    }

    async fn scan(&self, cursor: Option<String>) -> Result<Page, StoreError> {
        let cursor: u64 = match cursor {
            Some(text) => text.parse().map_err(|_no_number| StoreError::Cursor)?,
            None => 0,
        };
        let mut scan = command("SCAN");
        scan.arg(cursor).arg("COUNT").arg(PAGE).arg("TYPE").arg("string");
        if !self.prefix.is_empty() {
            scan.arg("MATCH").arg(format!("{}*", escaped(&self.prefix)));
        }
        let (next, names): (u64, Vec<Vec<u8>>) = self.client.query(&scan).await?;
        let keys = names
            .into_iter()
            // Other programs may keep keys there that are no text; components cannot name them.
            .filter_map(|name| String::from_utf8(name).ok())
            .filter_map(|name| name.strip_prefix(&self.prefix).map(str::to_owned));
        Ok(Page {
            keys: keys.collect(),
            cursor: Some(next).filter(|next| *next != 0).map(|next| next.to_string()),
        })
    }
}

impl Backend for RedisStore {
    fn get(&self, key: String) -> Done<'_, Option<Vec<u8>>> {
        async move { Ok(self.client.query(command("GET").arg(self.name(&key))).await?) }.boxed()
    }

    fn exists(&self, key: String) -> Done<'_, bool> {
        async move { Ok(self.client.query(command("EXISTS").arg(self.name(&key))).await?) }.boxed()
    }

    fn set(&self, pairs: Vec<(String, Vec<u8>)>) -> Done<'_, ()> {
        async move {
            let mut set = command("MSET");
            for (key, value) in &pairs {
                set.arg(self.name(key)).arg(value.as_slice());
            }
            Ok(self.client.query(&set).await?)
        }
        .boxed()
    }

    fn delete(&self, keys: Vec<String>) -> Done<'_, ()> {
        async move {
            let _deleted: u64 = self.client.query(command("DEL").arg(self.names(&keys))).await?;
            Ok(())
        }
        .boxed()
    }

    fn get_many(&self, keys: Vec<String>, limit: usize) -> Done<'_, Vec<Option<Vec<u8>>>> {
        async move {
            let mut script = command("EVAL");
            script
                .arg(GET_MANY)
                .arg(keys.len())
                .arg(self.names(&keys))
                .arg(limit);
            let answered = self.client.query(&script).await;
            answered.map_err(|error| match error {
                RedisError::Refused { code, .. } if code == TOO_LARGE => StoreError::AnswerTooLarge { limit },
                error => error.into(),
            })
        }
        .boxed()
    }

    fn keys(&self, cursor: Option<String>) -> Done<'_, Page> {
        self.scan(cursor).boxed()
    }

    fn increment(&self, key: String, delta: i64) -> Done<'_, i64> {
        async move {
            let answered = self
                .client
                .query(command("INCRBY").arg(self.name(&key)).arg(delta))
                .await;
            answered.map_err(|error| match &error {
                RedisError::Refused { message, .. } if message.contains("not an integer") => {
                    StoreError::NotANumber
                }
                RedisError::Refused { message, .. } if message.contains("overflow") => StoreError::Overflow,
                _ => error.into(),
            })
        }
        .boxed()
    }

    fn swap(&self, key: String, seen: Option<Vec<u8>>, value: Vec<u8>) -> Done<'_, Swap> {
        async move {
            let kind = if seen.is_some() { "some" } else { "none" };
            let mut script = command("EVAL");
            script.arg(SWAP).arg(1).arg(self.name(&key)).arg(kind);
            script.arg(seen.unwrap_or_default()).arg(value);
            let answer: Vec<Answer> = self.client.query(&script).await?;
            let mut parts = answer.into_iter();
            match (parts.next(), parts.next()) {
                (Some(Answer::Int(1)), None) => Ok(Swap::Done),
                (Some(Answer::Int(0)), Some(Answer::BulkString(present))) => Ok(Swap::Lost(Some(present))),
                (Some(Answer::Int(0)), Some(Answer::Nil) | None) => Ok(Swap::Lost(None)),
                _ => Err(RedisError::Unexpected.into()),
            }
        }
        .boxed()
    }
}

/// A text as a pattern that it alone fits.
fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '*' | '?' | '[' | ']' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}
