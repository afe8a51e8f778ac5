//! A gRPC call without a gRPC client: what the server itself sends, not what a client makes of it.

use std::net::SocketAddr;

use bytes::{BufMut as _, Bytes, BytesMut};
use http::HeaderMap;
use prost::Message;
use tokio::net::TcpStream;

use super::soon;

/// Calls a unary method with headers of the caller's choice; the headers of the answer, or its trailers where it has a
/// body.
pub(crate) async fn call(
    address: SocketAddr,
    method: &str,
    headers: &[(&'static str, &str)],
    request: &impl Message,
) -> HeaderMap {
    exchanged(address, method, headers, request, true).await
}

/// The same with the caller's side left open, as streams have it.
pub(crate) async fn call_open(
    address: SocketAddr,
    method: &str,
    headers: &[(&'static str, &str)],
    request: &impl Message,
) -> HeaderMap {
    exchanged(address, method, headers, request, false).await
}

async fn exchanged(
    address: SocketAddr,
    method: &str,
    headers: &[(&'static str, &str)],
    request: &impl Message,
    ends: bool,
) -> HeaderMap {
    soon(async {
        let stream = TcpStream::connect(address).await.unwrap();
        let (client, connection) = h2::client::handshake(stream).await.unwrap();
        let connection = tokio::spawn(connection);
        let mut call = http::Request::post(format!("http://{address}{method}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        for (name, value) in headers {
            call = call.header(*name, *value);
        }
        let mut client = client.ready().await.unwrap();
        let (response, mut body) = client.send_request(call.body(()).unwrap(), false).unwrap();
        body.send_data(framed(request), ends).unwrap();
        let response = response.await.unwrap();
        let headers = response.headers().clone();
        let mut answer = response.into_body();
        while let Some(data) = answer.data().await {
            drop(data.unwrap());
        }
        let trailers = answer.trailers().await.unwrap();
        connection.abort();
        trailers.unwrap_or(headers)
    })
    .await
}

fn framed(message: &impl Message) -> Bytes {
    let message = message.encode_to_vec();
    let mut framed = BytesMut::new();
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len()).unwrap());
    framed.put_slice(&message);
    framed.freeze()
}
