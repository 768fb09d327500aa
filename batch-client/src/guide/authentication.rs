//! How to connect: keys, tokens, and what lies between you and the service.
//!
//! # With the account's key
//!
//! The Azure portal shows endpoint, account and key under *Keys*. Keep them out of the source;
//! these are the variables that the Azure CLI reads, too:
//!
//! ```no_run
//! use batch_client::{Client, SharedKey};
//! use std::env::var;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let key = SharedKey::new(var("AZURE_BATCH_ACCOUNT")?, &var("AZURE_BATCH_ACCESS_KEY")?)?;
//! // https://NAME.REGION.batch.azure.com
//! let client = Client::new(var("AZURE_BATCH_ENDPOINT")?, key)?;
//! # Ok(())
//! # }
//! ```
//!
//! Nothing is sent by this. Make one [`Client`](crate::Client) for the program and clone it: clones
//! share their connections. The library itself reads no variable of these; a program without them
//! gets its error from `var`.
//!
//! # With a token
//!
//! An account that takes Microsoft Entra ID takes a [`BearerToken`](crate::BearerToken) for the
//! scope `https://batch.core.windows.net//.default` (with two slashes: the audience ends in one).
//! It is sent as it is and not renewed, so a program that runs longer than its token makes a new
//! client before that ends. From a shell:
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
//! # When the service says no
//!
//! [`Error::is_auth`](crate::Error::is_auth) is true of 401 and 403. What to look at, in this
//! order:
//!
//! - **The key.** [`Error::signature_difference`](crate::Error::signature_difference) is `None`
//!   where both sides signed the same text: then the key is not the account's. Both keys of an
//!   account work until one is made anew.
//! - **The text that was signed.** Where the service says what it has signed,
//!   `signature_difference` names the line that differs. That is mostly a proxy that changes
//!   requests on their way.
//! - **The clock.** Requests may be dated 15 minutes off. Where the service refuses one and its own
//!   date is 5 minutes or more away, the client takes that for right, signs anew, and keeps the
//!   difference for all further calls. So a clock that is off costs one request, and you see
//!   nothing of it unless you look at the traces.
//! - **The account.** Endpoint, account and key belong together: no endpoint takes the key of
//!   another account.
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
//! // The same text was signed on both sides, so it is the key.
//! assert!(error.signature_difference().is_none());
//! # Ok(())
//! # }
//! ```
//!
//! # What is kept secret
//!
//! Keys, tokens and signatures stay out of every Debug, Display, trace and error, as do passwords
//! in models and the query of any address, which may hold a SAS. [`SharedKey`](crate::SharedKey)
//! decodes the key once and wipes it when the last clone goes. What you log yourself of a model's
//! fields is yours to guard.
//!
//! # TLS, proxies and an HTTP client of your own
//!
//! - **TLS** is rustls with the certificates that the machine trusts. With
//!   `default-features = false` and the feature `native-tls` it is the operating system's; without
//!   either, `https` endpoints cannot be reached unless you give an HTTP client that can.
//! - **Plain http** goes to this machine alone, which is what the emulator is for;
//!   [`allow_http`](crate::ClientBuilder::allow_http) lifts that.
//! - **Proxies** come from the system's settings: `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`. To set
//!   one, or a certificate authority, start from
//!   [`Client::http_builder`](crate::Client::http_builder), which brings our timeouts and no
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
//! A proxy that opens TLS must leave method, path, query and headers as they are: they are signed.
//! A redirect is never followed, since a signature is for one address; it is an error that says so.
