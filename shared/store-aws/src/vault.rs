//! The port [`TokenVault`]: values in Secrets Manager, the pointer to the newest and the leases in DynamoDB.
//!
//! ```text
//! write   1 a new version of the secret, with a label of its own      (Secrets Manager has no compare and set)
//!         2 the pointer {fence, version id}, on the fence it replaces   T#<name>
//!         3 the replaced version loses its label; so does a loser's, whose value is never read
//! read    the pointer, then exactly the version it names; an empty value where Secrets Manager has dropped it
//! ```
//! In: secrets by name with the version they replace. Out: the newest one. The label `AWSCURRENT` says nothing here: of two
//! writers the slower one would move it to an older token. It stays at the first version. The label of its own keeps a version
//! from being deleted by Secrets Manager, which drops versions without labels in time.
//!
//! A lease is a row with a holder and an end on the store's clock; a holder that takes it again prolongs it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use ports::{Clock, StoreError, StoredSecret, TokenVault};
use secrecy::{ExposeSecret, SecretString};

use crate::error::{at, unreadable};
use crate::keys::{self, HOLDER, SECRET_VERSION, UNTIL, VERSION, WRITE};
use crate::record::{instant, later};
use crate::table::{Table, Write, bytes, number, read_number, read_text, text};
use crate::write::{is_ours, new_mark};

/// How often a pointer is followed again, when the version it named was replaced between two reads.
const TRIES_MAX: usize = 3;

/// The vault of one stack. A clone is the same vault.
#[derive(Clone)]
pub struct SecretsVault {
    client: Client,
    table: Table,
    clock: Arc<dyn Clock>,
    prefix: String,
}

impl std::fmt::Debug for SecretsVault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("SecretsVault")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

/// A pointer as it is kept.
struct Pointer {
    fence: u64,
    version_id: String,
}

impl SecretsVault {
    /// A vault whose secrets are named `prefix` and the name, such as `linnbooks/shop/` and `quickbooks-refresh-token`.
    pub fn new(
        client: Client,
        table_client: aws_sdk_dynamodb::Client,
        table: &str,
        prefix: &str,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            client,
            table: Table::new(table_client, table),
            clock,
            prefix: prefix.to_owned(),
        }
    }

    /// A secret that an operator wrote by hand and no program rotates (client secrets): its current version.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`] when Secrets Manager does not give it.
    pub async fn read_given(&self, name: &str) -> Result<Option<SecretString>, StoreError> {
        let answer = self
            .client
            .get_secret_value()
            .secret_id(self.id_of(name))
            .send()
            .await;
        match answer {
            Ok(answer) => Ok(answer.secret_string.map(SecretString::from)),
            Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(None),
            Err(error) => Err(at(place_of(name), &error)),
        }
    }

    /// Writes a secret that programs do not rotate: the new value is the current version. The secret is made by the template.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`] when Secrets Manager does not take it.
    pub async fn write_given(&self, name: &str, value: &SecretString) -> Result<(), StoreError> {
        let put = self
            .client
            .put_secret_value()
            .secret_id(self.id_of(name))
            .secret_string(value.expose_secret())
            .client_request_token(uuid::Uuid::new_v4().to_string())
            .send()
            .await;
        put.map(|_| ()).map_err(|error| at(place_of(name), &error))
    }

    fn id_of(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    async fn pointer(&self, name: &str) -> Result<Option<Pointer>, StoreError> {
        let place = place_of(name);
        let item = self.table.get(&place, &keys::secret(name)).await?;
        item.map(|item| {
            let version_id = read_text(&place, &item, SECRET_VERSION)?.to_owned();
            Ok(Pointer {
                fence: read_number(&place, &item, VERSION)?,
                version_id,
            })
        })
        .transpose()
    }

    /// Adds a version of a secret and returns its id; makes the secret when there is none. Repeating it with the same token adds
    /// nothing, so the SDK may repeat it.
    async fn add_version(&self, name: &str, value: &SecretString, token: &str) -> Result<String, StoreError> {
        let place = place_of(name);
        let mut error = None;
        // Twice: another may make the secret between the two calls.
        for _ in 0..2 {
            let put = self
                .client
                .put_secret_value()
                .secret_id(self.id_of(name))
                .secret_string(value.expose_secret())
                .client_request_token(token)
                .version_stages(label_of(token))
                .send()
                .await;
            match put {
                Ok(answer) => return Ok(answer.version_id.unwrap_or_else(|| token.to_owned())),
                Err(missing) if missing.code() == Some("ResourceNotFoundException") => {}
                Err(other) => return Err(at(place, &other)),
            }
            let made = self
                .client
                .create_secret()
                .name(self.id_of(name))
                .secret_string(value.expose_secret())
                .client_request_token(token)
                .send()
                .await;
            match made {
                Ok(answer) => return Ok(answer.version_id.unwrap_or_else(|| token.to_owned())),
                Err(exists) if exists.code() == Some("ResourceExistsException") => {
                    error = Some(at(&place, &exists))
                }
                Err(other) => return Err(at(place, &other)),
            }
        }
        Err(error.unwrap_or_else(|| unreadable(place, "it can neither be made nor written")))
    }

    /// Moves the pointer from the fence it replaces; false when another was faster.
    async fn move_pointer(&self, name: &str, version_id: &str, replaces: u64) -> Result<bool, StoreError> {
        let mark = new_mark();
        let condition = if replaces == 0 {
            "attribute_not_exists(#p)"
        } else {
            "#v = :v"
        };
        let mut write = Write::new(keys::secret(name), condition)
            .set(VERSION, number(replaces.saturating_add(1)))
            .set(SECRET_VERSION, text(version_id))
            .set(WRITE, bytes(&*mark));
        if replaces > 0 {
            write = write.value("v", number(replaces));
        }
        match self.table.update(&place_of(name), &write).await {
            Ok(failed) => Ok(failed.is_none_or(|item| is_ours(&item, &mark))),
            // No answer: what the pointer says now is the answer.
            Err(error) => match self.pointer(name).await {
                Ok(Some(pointer)) if pointer.version_id == version_id => Ok(true),
                _ => Err(error),
            },
        }
    }

    /// Takes a version's own label away, so that Secrets Manager may drop it. What fails here only stays longer.
    async fn unlabel(&self, name: &str, version_id: &str) {
        let _stays = self
            .client
            .update_secret_version_stage()
            .secret_id(self.id_of(name))
            .version_stage(label_of(version_id))
            .remove_from_version_id(version_id)
            .send()
            .await;
    }
}

fn place_of(name: &str) -> String {
    format!("secret {name}")
}

/// The label that only one version has; its token is its version id.
fn label_of(token: &str) -> String {
    format!("linnbooks-{token}")
}

#[async_trait]
impl TokenVault for SecretsVault {
    async fn read(&self, name: &str) -> Result<Option<StoredSecret>, StoreError> {
        let place = place_of(name);
        let mut lost = 0;
        for _ in 0..TRIES_MAX {
            let Some(pointer) = self.pointer(name).await? else {
                return Ok(None);
            };
            let answer = self
                .client
                .get_secret_value()
                .secret_id(self.id_of(name))
                .version_id(&pointer.version_id)
                .send()
                .await;
            match answer {
                Ok(answer) => {
                    let value = answer
                        .secret_string
                        .ok_or_else(|| unreadable(&place, "it is no text"))?;
                    return Ok(Some(StoredSecret {
                        value: SecretString::from(value),
                        version: pointer.fence,
                    }));
                }
                Err(error) if error.code() == Some("ResourceNotFoundException") => lost = pointer.fence,
                Err(error) => return Err(at(place, &error)),
            }
        }
        // A restored table may point at a version that Secrets Manager has dropped. An empty value is no token, and its fence lets the
        // next one follow.
        Ok(Some(StoredSecret {
            value: SecretString::from(String::new()),
            version: lost,
        }))
    }

    async fn write(
        &self,
        name: &str,
        value: &SecretString,
        replaces: u64,
    ) -> Result<Option<u64>, StoreError> {
        let before = self.pointer(name).await?;
        if before.as_ref().map_or(0, |pointer| pointer.fence) != replaces {
            return Ok(None);
        }
        let version_id = self
            .add_version(name, value, &uuid::Uuid::new_v4().to_string())
            .await?;
        if !self.move_pointer(name, &version_id, replaces).await? {
            self.unlabel(name, &version_id).await;
            return Ok(None);
        }
        if let Some(before) = before {
            self.unlabel(name, &before.version_id).await;
        }
        Ok(Some(replaces.saturating_add(1)))
    }

    async fn take_lease(&self, name: &str, holder: &str, duration: Duration) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let write = Write::new(
            keys::lease(name),
            "attribute_not_exists(#p) OR #h = :h OR #u <= :u",
        )
        .set(HOLDER, text(holder))
        .set(UNTIL, text(instant(later(now, duration))))
        .value("h", text(holder))
        .value("u", text(instant(now)));
        Ok(self
            .table
            .update(&format!("lease {name}"), &write)
            .await?
            .is_none())
    }

    async fn release_lease(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        let write = Write::new(keys::lease(name), "#h = :h").value("h", text(holder));
        self.table
            .delete(&format!("lease {name}"), &write)
            .await
            .map(|_| ())
    }
}
