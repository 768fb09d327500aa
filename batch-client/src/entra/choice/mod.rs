//! The choice of a credential by environment variables.

use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use azure_core::cloud::CloudConfiguration;
use azure_core::credentials::{Secret, TokenCredential};
use azure_identity::{
    AzureCliCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions, ManagedIdentityCredential, ManagedIdentityCredentialOptions,
    UserAssignedId, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};

use super::client_options;
use crate::BoxFuture;
use crate::credential::{Credential, Token, TokenRequest, TokenSource};
use crate::error::Error;

const TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
const SECRET: &str = "AZURE_CLIENT_SECRET";
const TENANT: &str = "AZURE_TENANT_ID";
const APPLICATION: &str = "AZURE_CLIENT_ID";
const AUTHORITY: &str = "AZURE_AUTHORITY_HOST";
const CHOSEN: &str = "AZURE_TOKEN_CREDENTIALS";
const APP_SERVICE: &str = "IDENTITY_ENDPOINT";
const BATCH_NODE: &str = "AZ_BATCH_NODE_ID";

/// A credential that was chosen by environment variables, and the reason for it.
///
/// Debug shows no secrets. It becomes a [`Credential`] by `into()`.
#[derive(Clone)]
pub struct Choice {
    kind: Kind,
    because: String,
    cloud: Option<CloudConfiguration>,
}

#[derive(Clone)]
enum Kind {
    Workload {
        tenant: String,
        application: String,
        file: String,
    },
    Principal {
        tenant: String,
        application: String,
        secret: Secret,
    },
    Managed {
        application: Option<String>,
    },
    Cli,
}

impl Choice {
    /// Chooses by the variables that Microsoft's other libraries read, too. The first that applies
    /// is taken:
    ///
    /// | variables | credential |
    /// | --- | --- |
    /// | `AZURE_FEDERATED_TOKEN_FILE`, with `AZURE_TENANT_ID` and `AZURE_CLIENT_ID` | workload identity: AKS sets them |
    /// | `AZURE_CLIENT_SECRET`, with `AZURE_TENANT_ID` and `AZURE_CLIENT_ID` | service principal |
    /// | `IDENTITY_ENDPOINT` | managed identity of App Service, Functions, Container Apps |
    /// | `AZ_BATCH_NODE_ID` | managed identity of the pool, within a task |
    /// | none of them | the user that has signed in to the Azure CLI, by `az login` |
    ///
    /// `AZURE_CLIENT_ID` alone names one of several managed identities. A virtual machine shows by
    /// no variable that it has an identity: set `AZURE_TOKEN_CREDENTIALS` to
    /// `ManagedIdentityCredential`, or to `prod`, which takes a managed identity instead of the
    /// Azure CLI. Its other values are `WorkloadIdentityCredential`, `EnvironmentCredential` (a
    /// service principal), `AzureCliCredential`, and `dev` for the Azure CLI.
    ///
    /// Tokens come from the authority in `AZURE_AUTHORITY_HOST`; by default, from the one of the
    /// public cloud. The choice is logged.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_request`]: variables that belong together are not set together, or
    /// `AZURE_TOKEN_CREDENTIALS` has another value. Nothing is read or sent yet.
    pub fn from_env() -> Result<Self, Error> {
        Self::in_cloud(None)
    }

    /// As [`from_env`](Self::from_env), but if no authority is set, tokens come from the one of the
    /// cloud that an account's endpoint is in.
    ///
    /// # Errors
    ///
    /// Those of [`from_env`](Self::from_env).
    pub fn for_endpoint(endpoint: &str) -> Result<Self, Error> {
        let host = endpoint.trim().trim_end_matches('/');
        Self::in_cloud(if host.ends_with(".batch.usgovcloudapi.net") {
            Some(CloudConfiguration::AzureGovernment)
        } else if host.ends_with(".batch.chinacloudapi.cn") {
            Some(CloudConfiguration::AzureChina)
        } else {
            None
        })
    }

    fn in_cloud(cloud: Option<CloudConfiguration>) -> Result<Self, Error> {
        let choice = choose(
            &|name| std::env::var(name).ok().filter(|value| !value.is_empty()),
            cloud,
        )?;
        tracing::info!(credential = choice.kind.name(), because = %choice.because, "chose a credential");
        Ok(choice)
    }

    /// Returns the choice and its reason in one line, without secrets: `the service principal
    /// 11111111-…, because AZURE_CLIENT_SECRET is set`.
    pub fn explain(&self) -> String {
        format!("{self:?}, because {}", self.because)
    }
}

impl fmt::Debug for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        match &self.kind {
            Kind::Workload { application, .. }
            | Kind::Principal { application, .. }
            | Kind::Managed {
                application: Some(application),
            } => write!(f, " {application}"),
            Kind::Managed { application: None } | Kind::Cli => Ok(()),
        }
    }
}

impl From<Choice> for Credential {
    fn from(choice: Choice) -> Self {
        let name = choice.kind.name();
        Self::from_named_source(
            name,
            Chosen {
                choice,
                current: Arc::default(),
            },
        )
    }
}

impl Kind {
    fn name(&self) -> &'static str {
        match self {
            Self::Workload { .. } => "the workload identity",
            Self::Principal { .. } => "the service principal",
            Self::Managed { .. } => "the managed identity",
            Self::Cli => "the Azure CLI",
        }
    }
}

type Read<'a> = dyn Fn(&str) -> Option<String> + 'a;

fn choose(read: &Read<'_>, cloud: Option<CloudConfiguration>) -> Result<Choice, Error> {
    let (kind, because) = match read(CHOSEN) {
        None => by_variables(read, None)?,
        Some(chosen) => match &*chosen.to_ascii_lowercase() {
            "prod" => by_variables(read, Some((managed(read), format!("{CHOSEN} is `prod`"))))?,
            other => {
                let kind = match other {
                    "workloadidentitycredential" => workload(read)?,
                    "environmentcredential" => principal(read)?,
                    "managedidentitycredential" => managed(read),
                    "azureclicredential" | "dev" => Kind::Cli,
                    _ => return Err(unknown(&chosen)),
                };
                (kind, format!("{CHOSEN} is `{chosen}`"))
            }
        },
    };
    Ok(Choice {
        kind,
        because,
        cloud: cloud.filter(|_| read(AUTHORITY).is_none()),
    })
}

/// Takes what the variables offer, else the last resort.
fn by_variables(read: &Read<'_>, last: Option<(Kind, String)>) -> Result<(Kind, String), Error> {
    let is_set = |name: &str| read(name).map(|_| format!("{name} is set"));
    if let Some(because) = is_set(TOKEN_FILE) {
        return Ok((workload(read)?, because));
    }
    if let Some(because) = is_set(SECRET) {
        return Ok((principal(read)?, because));
    }
    if let Some(because) = is_set(APP_SERVICE).or_else(|| is_set(BATCH_NODE)) {
        return Ok((managed(read), because));
    }
    Ok(last.unwrap_or_else(|| {
        let because = format!("none of {TOKEN_FILE}, {SECRET}, {APP_SERVICE}, {BATCH_NODE} is set");
        (Kind::Cli, because)
    }))
}

fn workload(read: &Read<'_>) -> Result<Kind, Error> {
    let [file, tenant, application] = together(read, [TOKEN_FILE, TENANT, APPLICATION])?;
    Ok(Kind::Workload {
        tenant,
        application,
        file,
    })
}

fn principal(read: &Read<'_>) -> Result<Kind, Error> {
    let [secret, tenant, application] = together(read, [SECRET, TENANT, APPLICATION])?;
    Ok(Kind::Principal {
        tenant,
        application,
        secret: secret.into(),
    })
}

fn managed(read: &Read<'_>) -> Kind {
    Kind::Managed {
        application: read(APPLICATION),
    }
}

/// Reads variables of which none does without the others.
fn together<const N: usize>(read: &Read<'_>, names: [&str; N]) -> Result<[String; N], Error> {
    let values = names.map(read);
    let missing: Vec<&str> = names
        .iter()
        .zip(&values)
        .filter(|(_, value)| value.is_none())
        .map(|(name, _)| *name)
        .collect();
    if missing.is_empty() {
        return Ok(values.map(Option::unwrap_or_default));
    }
    Err(Error::invalid_request(format!(
        "cannot choose a credential: {} must be set together; set {}, or unset {}",
        names.join(", "),
        missing.join(" and "),
        names[0],
    )))
}

fn unknown(chosen: &str) -> Error {
    Error::invalid_request(format!(
        "cannot choose a credential: {CHOSEN} is {chosen:?}; set it to `prod`, `dev`, \
         `WorkloadIdentityCredential`, `EnvironmentCredential`, `ManagedIdentityCredential` or \
         `AzureCliCredential`, or unset it"
    ))
}

/// The source of the chosen credential, which is created when the first token is needed.
struct Chosen {
    choice: Choice,
    current: Arc<Mutex<Option<Arc<dyn TokenCredential>>>>,
}

impl TokenSource for Chosen {
    fn token(
        &self,
        request: TokenRequest,
    ) -> BoxFuture<Result<Token, Box<dyn StdError + Send + Sync>>> {
        let credential = self.credential(request.fresh);
        Box::pin(async move { super::source::token(&*credential?, &request).await })
    }
}

impl Chosen {
    /// Returns the credential. A fresh token needs a new one, because the old one would return the
    /// refused token from its cache.
    fn credential(
        &self,
        fresh: bool,
    ) -> Result<Arc<dyn TokenCredential>, Box<dyn StdError + Send + Sync>> {
        // A value in it is whole, so a panic elsewhere leaves it valid.
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        match &*current {
            Some(credential) if !fresh => Ok(credential.clone()),
            _ => Ok(current.insert(self.choice.create()?).clone()),
        }
    }
}

impl fmt::Debug for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.choice.fmt(f)
    }
}

impl Choice {
    fn create(&self) -> Result<Arc<dyn TokenCredential>, Box<dyn StdError + Send + Sync>> {
        let mut client_options = client_options()?;
        client_options.cloud = self.cloud.clone().map(Arc::new);
        Ok(match self.kind.clone() {
            Kind::Workload {
                tenant,
                application,
                file,
            } => WorkloadIdentityCredential::new(Some(WorkloadIdentityCredentialOptions {
                credential_options: ClientAssertionCredentialOptions { client_options },
                client_id: Some(application),
                tenant_id: Some(tenant),
                token_file_path: Some(file.into()),
            }))?,
            Kind::Principal {
                tenant,
                application,
                secret,
            } => {
                let options = ClientSecretCredentialOptions { client_options };
                ClientSecretCredential::new(&tenant, application, secret, Some(options))?
            }
            Kind::Managed { application } => {
                ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
                    user_assigned_id: application.map(UserAssignedId::ClientId),
                    client_options,
                }))?
            }
            Kind::Cli => AzureCliCredential::new(None)?,
        })
    }
}

#[cfg(test)]
mod tests;
