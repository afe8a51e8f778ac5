//! Killed at any moment, the program keeps every opt-out that it acknowledged.

use std::{collections::BTreeSet, path::Path};

use sendgate::grpc::pb::{
    self, CheckSendBatchRequest, consent_service_client::ConsentServiceClient,
    policy_service_client::PolicyServiceClient,
};
use tonic::transport::{Channel, Endpoint};

use crate::harness::{
    process::Served,
    say::{SENDER, opt_out},
    soon,
};

const ROUNDS: usize = 4;
const WRITERS: usize = 8;

async fn connect(served: &Served) -> Channel {
    Endpoint::from_shared(served.grpc.clone()).unwrap().connect().await.unwrap()
}

/// Records opt-outs with several writers until the process is killed after `until` acknowledgements; the numbers that
/// were acknowledged.
async fn write_and_kill(store: &Path, round: usize, until: usize) -> BTreeSet<String> {
    let served = Served::start(store, &[]);
    let channel = connect(&served).await;
    let (told, mut acknowledged) = tokio::sync::mpsc::unbounded_channel();
    for writer in 0..WRITERS {
        let (mut consent, told) = (ConsentServiceClient::new(channel.clone()), told.clone());
        tokio::spawn(async move {
            for n in 0.. {
                let number = format!("49151{round}{writer}{n:05}");
                if consent.record_opt_out(opt_out(&number)).await.is_err() {
                    break;
                }
                drop(told.send(number));
            }
        });
    }
    drop((told, channel));
    let mut numbers = BTreeSet::new();
    let mut process = Some(served);
    // Ends when the last writer has met the death of the server.
    while let Some(number) = soon(acknowledged.recv()).await {
        numbers.insert(number);
        if numbers.len() == until
            && let Some(served) = process.take()
        {
            served.kill();
        }
    }
    assert!(process.is_none() && numbers.len() >= until, "{} of {until}", numbers.len());
    numbers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acknowledged_opt_out_survives_a_kill_at_any_moment() {
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("store.redb");
    let mut told = BTreeSet::new();
    for round in 0..ROUNDS {
        told.extend(write_and_kill(&store, round, 5 + round * 37).await);
        let served = Served::start(&store, &[]);
        let mut policy = PolicyServiceClient::new(connect(&served).await);
        let request = CheckSendBatchRequest {
            sender: SENDER.to_owned(),
            recipients: told.iter().cloned().collect(),
            kind: pb::MessageKind::FreeForm as i32,
            ..Default::default()
        };
        let results = policy.check_send_batch(request).await.unwrap().into_inner().results;
        assert_eq!(results.len(), told.len());
        let lost = results.iter().filter(|result| result.reason() != pb::Reason::OptedOut).count();
        assert_eq!(lost, 0, "of {} acknowledged opt-outs", told.len());
        served.kill();
    }
}
