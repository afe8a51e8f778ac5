//! The doors: TCP, and a Unix socket.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use tokio::net::{TcpListener, UnixListener, UnixStream};

/// Why a door cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// An address.
    #[error("cannot listen on {0} (`{1}`): {2}")]
    Tcp(SocketAddr, &'static str, #[source] io::Error),
    /// A socket.
    #[error("cannot listen on the socket {0} (`grpc.socket`): {1}")]
    Unix(PathBuf, #[source] io::Error),
    /// A socket that is in use.
    #[error("the socket {0} (`grpc.socket`) is in use by another process")]
    InUse(PathBuf),
    /// A file that is no socket.
    #[error("{0} (`grpc.socket`) exists and is not a socket; remove it or choose another path")]
    NotASocket(PathBuf),
}

/// Listens on an address.
pub(super) async fn tcp(address: SocketAddr, setting: &'static str) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|error| ListenError::Tcp(address, setting, error))
}

/// Listens on a socket. One that nobody answers on is left over from a process that was killed, and is replaced.
pub(super) async fn unix(path: &Path) -> Result<UnixListener, ListenError> {
    use std::os::unix::fs::FileTypeExt as _;
    let io = |error| ListenError::Unix(path.to_owned(), error);
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(io(error)),
        Ok(metadata) if !metadata.file_type().is_socket() => {
            return Err(ListenError::NotASocket(path.to_owned()));
        }
        Ok(_) if UnixStream::connect(path).await.is_ok() => return Err(ListenError::InUse(path.to_owned())),
        Ok(_) => std::fs::remove_file(path).map_err(io)?,
    }
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(io)?;
    }
    UnixListener::bind(path).map_err(io)
}
