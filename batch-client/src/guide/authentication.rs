//! How to connect: keys, tokens, and whatever is between you and the service.
//!
//! # With the account's key
//!
//! The Azure portal shows endpoint, account and key under *Keys*. Keep the key out of the source
//! code. [`Client::from_env`](crate::Client::from_env) reads the variables that the Azure CLI
//! reads, too, and names the one that is missing:
//!
//! ```sh
//! export AZURE_BATCH_ENDPOINT=https://NAME.REGION.batch.azure.com
//! export AZURE_BATCH_ACCOUNT=NAME AZURE_BATCH_ACCESS_KEY=…
//! ```
//!
//! ```no_run
//! use batch_client::Client;
//!
//! # fn main() -> Result<(), batch_client::Error> {
//! let client = Client::from_env()?;
//! # Ok(())
//! # }
//! ```
//!
//! If the values come from elsewhere, pass them:
//!
//! ```
//! use batch_client::{Client, SharedKey};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let key = "c2VjcmV0";
//! let key = SharedKey::new("acct", key)?;
//! let client = Client::new("https://acct.westeurope.batch.azure.com", key)?;
//! # Ok(())
//! # }
//! ```
//!
//! Neither sends a request. Create one [`Client`](crate::Client) for the program and clone it:
//! clones share their connections.
//!
//! # Without passing values
//!
//! [`Client::from_env`](crate::Client::from_env) also finds an account elsewhere. The first origin
//! that has a value wins, value by value:
//!
//! 1. the variables above, and `AZURE_BATCH_AUTH_MODE`, which is `aad` or `shared_key`,
//! 2. the profile in `AZURE_BATCH_PROFILE`, or the default one, of a
//!    [file of profiles](crate::config),
//! 3. what `az batch account login` has stored in `~/.azure/config`,
//! 4. the variables of a Batch task.
//!
//! [`Config`](crate::Config) does the same in steps: it says where each value comes from, and takes
//! values of the program, which win over all others.
//!
//! ```no_run
//! use batch_client::Config;
//!
//! # fn main() -> Result<(), batch_client::Error> {
//! let mut config = Config::load()?;
//! config.set_endpoint("https://acct.westeurope.batch.azure.com");
//! eprint!("{}", config.explain());
//! let client = config.client()?;
//! # Ok(())
//! # }
//! ```
//!
//! A profile does not have to contain the key: it can name a variable that has it, or, with the
//! feature `keyring`, an entry of the system's keyring, in which `Config::store_access_key` stores
//! it. See [where the key is](crate::config#where-the-key-is).
//!
//! With the mode `aad`, every key is ignored, as the Azure CLI does it; a warning and `explain`
//! name the key.
//!
//! # With Microsoft Entra ID
//!
//! The feature `azure-identity` signs in by the credentials of Microsoft's crate `azure_identity`.
//! `Client::from_env` then uses Microsoft Entra ID wherever there is no key, and where the mode is
//! `aad`. The identity needs a role on the Batch account.
//!
//! | where the program runs | what it needs |
//! | --- | --- |
//! | on a laptop | `az login` |
//! | anywhere, as a service principal | `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_CLIENT_SECRET` |
//! | in GitHub Actions, with OIDC | a step `azure/login` for a federated credential, which signs in to the Azure CLI |
//! | in AKS, with a workload identity | the label `azure.workload.identity/use: "true"` on the pod, by which AKS sets `AZURE_FEDERATED_TOKEN_FILE` and the rest |
//! | in App Service, Functions or Container Apps | a managed identity, which sets `IDENTITY_ENDPOINT` |
//! | on a virtual machine | a managed identity, and `AZURE_TOKEN_CREDENTIALS=ManagedIdentityCredential` |
//! | in a Batch task | a managed identity of the pool, which only the management API can assign; [`Client::from_task`](crate::Client::from_task) needs nothing else |
//! | in the cloud of the US Government or of China | the endpoint of an account there, which selects authority and scope; `AZURE_AUTHORITY_HOST` sets another authority |
//!
//! `AZURE_CLIENT_ID` also names one of several managed identities. `entra::Choice` says which
//! credential was chosen and why; the module `entra` takes any credential of `azure_identity` that
//! the program creates itself.
//!
//! Without the feature, or for a token service of your own, implement
//! [`TokenSource`](crate::TokenSource). In both cases the client renews tokens ahead of time and
//! replaces one that the service refuses, so that a program can run for days.
//!
//! To try it without Azure, `batch-emulator --tls --dev-sts` issues tokens: set
//! `AZURE_AUTHORITY_HOST` to its address and `AZURE_CLIENT_SECRET` to `batch-emulator`.
//!
//! # With a token that you have
//!
//! A [`BearerToken`](crate::BearerToken) for the scope `https://batch.core.windows.net//.default`
//! (with two slashes, because the audience ends with one) is sent as it is. It is not renewed, so a
//! program that runs longer than its token has to create a new client in time. From a shell:
//!
//! ```sh
//! export TOKEN=$(az account get-access-token --query accessToken -o tsv \
//!     --scope https://batch.core.windows.net//.default)
//! ```
//!
//! ```
//! use batch_client::{BearerToken, Client};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let service = batch_emulator::start(
//! #     batch_emulator::Config::default().bearer_token("eyJ0eXAi"),
//! # )
//! #     .await?;
//! # let (endpoint, token) = (service.endpoint(), "eyJ0eXAi");
//! let client = Client::new(endpoint, BearerToken::new(token)?)?;
//! client.pool().list().await?;
//! # assert_eq!(service.calls()["Pool_List"], 1);
//! # Ok(())
//! # }
//! ```
//!
//! # When the service responds with 401 or 403
//!
//! [`Error::is_auth`](crate::Error::is_auth) is true for both. Check in this order:
//!
//! - **The key.** If [`Error::signature_difference`](crate::Error::signature_difference) is `None`,
//!   both sides signed the same string, so the key does not belong to the account. Both keys of an
//!   account are valid until one is regenerated.
//! - **The string to sign.** If the service reports the string that it has signed,
//!   `signature_difference` names the line that differs. The usual cause is a proxy that changes
//!   requests.
//! - **The clock.** The date of a request may be 15 minutes off. If the service rejects a request
//!   and its own date differs by 5 minutes or more, the client adopts the service's time, signs
//!   again, and applies the difference to all further calls. A wrong clock therefore costs one
//!   request, which only the traces show.
//! - **The mode.** An account can allow Microsoft Entra ID alone; the detail then says that the
//!   type `SharedKey` is not allowed. Accounts that allocate nodes in the user's subscription
//!   never allow keys.
//! - **The account.** Endpoint, account and key belong together: an endpoint does not accept the
//!   key of another account.
//!
//! ```
//! use batch_client::{Client, SharedKey};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let service = batch_emulator::start(batch_emulator::Config::default()).await?;
//! let wrong = SharedKey::new(service.account(), "bm90IHRoZSBrZXk=")?;
//! let error = Client::new(service.endpoint(), wrong)?.pool().list().await.unwrap_err();
//! assert!(error.is_auth());
//! // Both sides signed the same string, so the key is wrong.
//! assert!(error.signature_difference().is_none());
//! # Ok(())
//! # }
//! ```
//!
//! With Microsoft Entra ID:
//!
//! - **[`Error::is_credential`](crate::Error::is_credential)**: no token could be obtained, and
//!   nothing was sent. The message names the credential and the reason: `AADSTS7000215` is a wrong
//!   secret (often the secret's id), `AADSTS700016` an application that the tenant does not have,
//!   `AADSTS700213` a federated credential for another subject, `AADSTS90002` an unknown tenant.
//!   *The requested identity has not been assigned*: the machine does not have the managed
//!   identity, or not the one in `AZURE_CLIENT_ID`. *az not found on PATH* and *Please run 'az
//!   login'*: no variable selected a credential, so the Azure CLI was asked.
//! - **401 with the detail that the audience is wrong**: the scope has a slash too few, or is that
//!   of another cloud; see [`token_scope`](crate::ClientBuilder::token_scope).
//! - **Another 401**: the token has expired or was revoked, and there was no other one, or it was
//!   refused, too.
//! - **403 about permissions**: the identity lacks a role on the account. A new role takes some
//!   minutes to apply.
//!
//! # Secrets
//!
//! Keys, tokens and signatures never appear in Debug, Display, traces or errors, even if a response
//! repeats them. Neither do the passwords and the values of environment settings in models,
//! `user:password@` in addresses, the query of a URL, which may contain a SAS, nor a value that a
//! model could not be read from.
//! [`SharedKey`](crate::SharedKey) decodes the key once and zeroizes it when the last clone is
//! dropped. If you log fields of a model yourself, protecting them is up to you.
//!
//! # TLS, proxies and your own HTTP client
//!
//! - **TLS** is rustls with the certificates that the machine trusts. With
//!   `default-features = false` and the feature `native-tls`, it is the operating system's. With
//!   neither, `https` endpoints need an HTTP client of your own that supports them.
//! - **Plain http** is allowed for this machine only, which is what the emulator needs;
//!   [`allow_http`](crate::ClientBuilder::allow_http) lifts the restriction.
//! - **Proxies** come from the system's settings: `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`. Endpoints
//!   on this machine (`localhost`, `127.0.0.1`, `[::1]`) are never reached through a proxy.
//! - **To set a proxy, a certificate authority or a client certificate in code**, start from
//!   [`Client::http_builder`](crate::Client::http_builder), which has our timeouts and follows no
//!   redirects. `add_root_certificate`, `tls_certs_only` and `identity` of the builder work as
//!   usual:
//!
//! ```
//! use batch_client::{Client, SharedKey, reqwest};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let key = SharedKey::new("acct", "c2VjcmV0")?;
//! let http = Client::http_builder()?
//!     .proxy(reqwest::Proxy::all("http://proxy.example:3128")?)
//!     .build()?;
//! let client = Client::builder("https://acct.westeurope.batch.azure.com", key)
//!     .http_client(http)
//!     .build()?;
//! # Ok(())
//! # }
//! ```
//!
//! A proxy that decrypts TLS must not change method, path, query or headers, because they are
//! signed. Redirects are never followed, because a signature is valid for one address only; a
//! redirect is an error that says so.
