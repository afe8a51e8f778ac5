//! Connections on which the caller never said anything: probes, and pools that connect ahead. There is nothing to
//! finish on them, so they end with the drain instead of holding it up for the whole grace period.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::server::Connected;

/// A connection that reads as closed when the server stops before the first byte came.
#[derive(Debug)]
pub(super) struct Spoken<IO> {
    io: IO,
    heard: Heard,
}

#[derive(Debug)]
enum Heard {
    Nothing(Pin<Box<WaitForCancellationFutureOwned>>),
    Something,
    Stopped,
}

impl<IO> Spoken<IO> {
    pub(super) fn new(io: IO, stopping: &CancellationToken) -> Self {
        Self { io, heard: Heard::Nothing(Box::pin(stopping.clone().cancelled_owned())) }
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Spoken<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        match &mut this.heard {
            Heard::Something => Pin::new(&mut this.io).poll_read(context, buffer),
            Heard::Stopped => Poll::Ready(Ok(())),
            Heard::Nothing(stopping) => match Pin::new(&mut this.io).poll_read(context, buffer) {
                Poll::Ready(read) => {
                    this.heard = Heard::Something;
                    Poll::Ready(read)
                }
                Poll::Pending if stopping.as_mut().poll(context).is_ready() => {
                    this.heard = Heard::Stopped;
                    Poll::Ready(Ok(()))
                }
                Poll::Pending => Poll::Pending,
            },
        }
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Spoken<IO> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

impl<IO: Connected> Connected for Spoken<IO> {
    type ConnectInfo = IO::ConnectInfo;

    fn connect_info(&self) -> Self::ConnectInfo {
        self.io.connect_info()
    }
}

/// The HTTP port, whose connections are such.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) listener: TcpListener,
    pub(super) stopping: CancellationToken,
}

impl axum::serve::Listener for Door {
    type Io = Spoken<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (io, address) = axum::serve::Listener::accept(&mut self.listener).await;
        (Spoken::new(io, &self.stopping), address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}
