//! `sendgate serve`: runs the server.

use clap::Args;

use super::{Exit, Failure};

/// Arguments of `serve`. A flag wins over the environment, which wins over the file.
#[derive(Clone, Debug, Default, Args)]
pub struct ServeArgs {
    /// Address of the gRPC port [default: 127.0.0.1:7070].
    #[arg(long, value_name = "ADDRESS")]
    pub grpc: Option<String>,
    /// Address of the HTTP port: metrics, health, webhooks, JSON [default: 127.0.0.1:7071].
    #[arg(long, value_name = "ADDRESS")]
    pub http: Option<String>,
    /// Unix socket that serves gRPC too.
    #[arg(long, value_name = "PATH")]
    pub socket: Option<String>,
    /// Where contacts live: `memory:`, `file:PATH`, `redis://…`, `rediss://…`, `redis+cluster://…`, `redis+sentinel://…`
    /// [default: a file under the user's data directory].
    #[arg(long, value_name = "URL")]
    pub store: Option<String>,
    /// The configuration file (YAML). Without one every sender is accepted and is its own business.
    #[arg(long, value_name = "FILE", env = "SENDGATE_CONFIG")]
    pub config: Option<std::path::PathBuf>,
    /// Set one setting by its path, such as `limits.batch_recipients=500`. May be repeated.
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub set: Vec<String>,
}

/// Runs the server until it is told to stop.
///
/// # Errors
/// When it cannot start.
pub fn run(_args: &ServeArgs) -> Result<Exit, Failure> {
    Err(Failure::Usage("serve is not linked in".to_owned()))
}
