//! What a master says of itself: that it is one, and which slots it has.
//!
//! Each master is asked for its own slots with every question, since another's view of the cluster may be seconds old:
//! a master that has given a slot away knows it before anybody can read or write there at its new place.

use std::ops::RangeInclusive;

use redis::{Role, aio::MultiplexedConnection};

const SLOTS: usize = 16_384;

/// The slots of a master, and the masters it is exchanging slots with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct View {
    slots: Vec<RangeInclusive<u16>>,
    peers: Vec<String>,
}

/// What an answer says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Master(View),
    Replica,
    /// An error, or a master that is cut off from the others of its cluster.
    None,
}

/// Asks a single server.
pub(super) async fn of_server(connection: &mut MultiplexedConnection) -> Sign {
    match redis::cmd("ROLE").query_async::<Role>(connection).await {
        Ok(Role::Primary { .. }) => Sign::Master(View::default()),
        Ok(_) => Sign::Replica,
        Err(_) => Sign::None,
    }
}

/// Asks a node of a cluster.
pub(super) async fn of_node(connection: &mut MultiplexedConnection) -> Sign {
    let mut ask = redis::Pipeline::with_capacity(2);
    ask.cmd("CLUSTER").arg("INFO").cmd("CLUSTER").arg("NODES");
    match ask.query_async::<(String, String)>(connection).await {
        Ok((info, nodes)) => sign(&info, &nodes),
        Err(_) => Sign::None,
    }
}

fn sign(info: &str, nodes: &str) -> Sign {
    let is_own = |line: &&str| {
        line.split(' ').nth(2).is_some_and(|flags| flags.split(',').any(|flag| flag == "myself"))
    };
    let Some(own) = nodes.lines().find(is_own) else { return Sign::None };
    if !own.split(' ').nth(2).is_some_and(|flags| flags.split(',').any(|flag| flag == "master")) {
        return Sign::Replica;
    }
    if !info.lines().any(|line| line == "cluster_state:ok") {
        return Sign::None;
    }
    let mut view = View::default();
    for field in own.split(' ').skip(8).filter(|field| !field.is_empty()) {
        if let Some(exchanged) = field.strip_prefix('[') {
            // `[slot->-id]` or `[slot-<-id]`
            let peer = exchanged.trim_end_matches(']').rsplit(['>', '<']).next().unwrap_or_default();
            view.peers.push(peer.trim_start_matches('-').to_owned());
        } else {
            let (first, last) = field.split_once('-').unwrap_or((field, field));
            let (Ok(first), Ok(last)) = (first.parse(), last.parse()) else { return Sign::None };
            view.slots.push(first..=last);
        }
    }
    view.peers.sort();
    view.peers.dedup();
    Sign::Master(view)
}

/// True when some masters have all slots among them, and exchange slots with none but each other.
pub(super) fn is_whole(views: &[(&str, &View)]) -> bool {
    let mut claimed = vec![false; SLOTS];
    for (_, view) in views {
        for slot in view.slots.iter().cloned().flatten() {
            if let Some(claimed) = claimed.get_mut(usize::from(slot)) {
                *claimed = true;
            }
        }
    }
    let known = |peer: &String| views.iter().any(|(name, _)| name == peer);
    claimed.into_iter().all(|claimed| claimed) && views.iter().all(|(_, view)| view.peers.iter().all(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK: &str = "cluster_state:ok\r\ncluster_slots_assigned:16384\r\n";

    fn master(slots: &str) -> View {
        let nodes = format!(
            "a 127.0.0.1:1@2 master - 0 0 1 connected 9\nb 127.0.0.1:3@4 myself,master - 0 0 2 connected {slots}\n"
        );
        match sign(OK, &nodes) {
            Sign::Master(view) => view,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_what_a_node_says_of_itself_counts() {
        assert_eq!(master("0-5 7").slots, [0..=5, 7..=7]);
        assert_eq!(master("").slots, []);
        let view = master("0-5 [3->-c] [77-<-a]");
        assert_eq!((view.slots, view.peers), (vec![0..=5], vec!["a".to_owned(), "c".to_owned()]));
    }

    #[test]
    fn a_replica_and_a_master_that_is_cut_off_are_no_masters() {
        let replica =
            "a 127.0.0.1:1@2 master - 0 0 1 connected 0-9\nb 127.0.0.1:3@4 myself,slave a 0 0 1 connected\n";
        assert_eq!(sign(OK, replica), Sign::Replica);
        let alone = "b 127.0.0.1:3@4 myself,master - 0 0 2 connected 0-9\n";
        assert_eq!(sign("cluster_state:fail\r\n", alone), Sign::None);
        assert_eq!(sign(OK, ""), Sign::None);
        assert_eq!(sign(OK, &alone.replace("0-9", "x")), Sign::None);
    }

    #[test]
    fn masters_are_whole_when_they_have_every_slot_and_know_whom_they_exchange_slots_with() {
        let whole = |views: &[(&str, View)]| {
            is_whole(&views.iter().map(|(name, view)| (*name, view)).collect::<Vec<_>>())
        };
        let (a, b) = (("a", master("0-8191")), ("b", master("8192-16383")));
        assert!(whole(&[a.clone(), b.clone()]));
        assert!(whole(&[a.clone(), b.clone(), ("c", master(""))]));
        assert!(!whole(std::slice::from_ref(&a)) && !whole(&[]));
        assert!(!whole(&[a.clone(), ("b", master("8192-16382"))]));
        let moving = ("b", master("8192-16383 [9000->-c]"));
        assert!(!whole(&[a.clone(), moving.clone()]), "to where nobody listens");
        assert!(whole(&[a, moving, ("c", master("[9000-<-b]"))]));
    }
}
