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
//! # With a token
//!
//! An account that allows Microsoft Entra ID accepts a [`BearerToken`](crate::BearerToken) for the
//! scope `https://batch.core.windows.net//.default` (with two slashes, because the audience ends
//! with one). The token is sent as it is and is not renewed, so a program that runs longer than its
//! token has to create a new client in time. From a shell:
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
//! # Secrets
//!
//! Keys, tokens and signatures never appear in Debug, Display, traces or errors. Neither do the
//! passwords in models, nor the query of a URL, which may contain a SAS.
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
//! - **Proxies** come from the system's settings: `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`. To set a
//!   proxy or a certificate authority in code, start from
//!   [`Client::http_builder`](crate::Client::http_builder), which has our timeouts and follows no
//!   redirects:
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
