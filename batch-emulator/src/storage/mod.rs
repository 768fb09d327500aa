//! A Blob service, for the inputs and outputs of tasks: containers, block blobs, ranges, lists with
//! metadata, signatures.
//!
//! It is beside the pipeline of the Batch API and shares its listener: requests below `/ACCOUNT/`
//! come here, in the form that Azurite's addresses have. Each Batch account has a storage account
//! of the same name and key. A request goes down once:
//!
//! ```text
//! request ─► action ─► auth ─► content (the body) ─► account ─► read, list
//!                       └─ signature                             write
//! ```
//!
//! Everything is in memory, up to [`CAPACITY`]. Source of all facts: the REST API's documentation
//! of Azure Storage, <https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api>.
//! The tests of `batch-jobs` run against this module and against Azurite.

mod account;
mod action;
mod auth;
pub(crate) mod connection;
mod content;
mod list;
mod read;
mod request;
mod response;
mod signature;
mod write;

use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use axum::body::Body;
use axum::http::request::Parts;
use axum::response::Response;

use crate::config::Config;
use crate::refusal::Refusal;
use crate::route;
use account::Account;
use action::Action;
use content::{Content, Quota};
use request::Asked;
pub(crate) use signature::Key;

/// Most bytes that blobs and blocks of all accounts have together.
const CAPACITY: u64 = 4 * 1024 * 1024 * 1024;

/// The storage accounts of the service.
#[derive(Debug)]
pub(crate) struct Storage {
    accounts: Vec<(Key, Mutex<Account>)>,
    quota: Quota,
}

impl Storage {
    pub(crate) fn new(config: &Config) -> io::Result<Self> {
        let quota = Quota::new(CAPACITY);
        let accounts = config.accounts().map(|(account, key)| {
            if route::is_first_segment(account) {
                let text = format!("the account `{account}` cannot have a storage account: paths of the Batch API begin with its name");
                return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
            }
            let key = Key::new(account, key)
                .map_err(|text| io::Error::new(io::ErrorKind::InvalidInput, text))?;
            let account = Account::new(quota.clone(), config.page_size);
            Ok((key, Mutex::new(account)))
        });
        let accounts = accounts.collect::<io::Result<_>>()?;
        Ok(Self { accounts, quota })
    }

    /// Handles a request; gives the body back if it is not for an account of this storage.
    pub(crate) async fn answer(&self, parts: &Parts, body: Body) -> Result<Response, Body> {
        let Some((key, account)) = self.account(parts.uri.path()) else {
            return Err(body);
        };
        let asked = Asked::new(parts);
        let outcome = self.decide(&asked, key, account, body).await;
        Ok(response::complete(outcome, &asked))
    }

    fn account(&self, path: &str) -> Option<&(Key, Mutex<Account>)> {
        let name = path.strip_prefix('/')?.split('/').next()?;
        self.accounts.iter().find(|(key, _)| key.account() == name)
    }

    async fn decide(
        &self,
        asked: &Asked<'_>,
        key: &Key,
        account: &Mutex<Account>,
        body: Body,
    ) -> Result<Response, Refusal> {
        let allowed = Action::of(asked)
            .and_then(|action| Ok((action, auth::check(asked, action, key, SystemTime::now())?)));
        let (action, access) = match allowed {
            Ok(allowed) => allowed,
            Err(refusal) => {
                content::drain(body).await;
                return Err(refusal);
            }
        };
        let body = Content::read(body, &self.quota).await?;
        let mut account = account.lock().unwrap_or_else(PoisonError::into_inner);
        account.perform(asked, action, access, body)
    }
}
