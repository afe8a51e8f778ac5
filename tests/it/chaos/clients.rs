//! Clients that tell and ask at random, as fast as a busy application.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;

use super::{
    calls::Caller,
    draw::Draw,
    history::{Answer, Ask, Fresh, Statement},
    people::People,
    world::SIDECARS,
};

pub(crate) const CLIENTS: u64 = 20;

/// What a client has yet to deliver: said a while ago, told late.
const LATE_MAX: usize = 4;

/// Tells and asks until it is told to end.
pub(crate) async fn client(caller: Caller, mut draw: Draw, ended: watch::Receiver<bool>) {
    let mut late: Vec<(usize, Statement)> = Vec::new();
    while !*ended.borrow() {
        let sidecar = draw.below(SIDECARS);
        match draw.below(100) {
            0..66 => ask(&caller, &mut draw, sidecar).await,
            66..88 => speak(&caller, &mut draw, sidecar, &mut late).await,
            88..94 => {
                let person = if draw.percent(60) {
                    People::about_to_close(&mut draw)
                } else {
                    caller.people.anybody(&mut draw)
                };
                caller.write(sidecar, person, People::writes_at(person, &mut draw)).await;
            }
            94..97 => {
                let person = caller.people.anybody(&mut draw);
                if let Some(said) = caller.people.once_told(person, &mut draw) {
                    caller.tell(sidecar, person, said).await;
                }
            }
            _ => {
                if !late.is_empty() {
                    let (person, said) = late.swap_remove(draw.below(late.len()));
                    caller.tell(sidecar, person, said).await;
                }
            }
        }
        tokio::time::sleep(draw.millis(0, 4)).await;
    }
}

async fn ask(caller: &Caller, draw: &mut Draw, sidecar: usize) {
    let person = match draw.percent(12) {
        true => People::about_to_close(draw),
        false => caller.people.interesting(draw),
    };
    let ask = match People::wrote_long_ago(person) {
        true => Ask::Reply,
        false => draw.one(&[Ask::Marketing, Ask::Marketing, Ask::Utility, Ask::Utility, Ask::Reply]),
    };
    match draw.below(100) {
        0..70 => drop(caller.check(sidecar, person, ask, Fresh::Memory).await),
        70..75 => drop(caller.check(sidecar, person, ask, Fresh::Full).await),
        75..82 => caller.check_since(sidecar, person, ask).await,
        rest => {
            let mut people = vec![person];
            people.extend((0..4).map(|_| caller.people.anybody(draw)));
            if rest < 91 {
                caller.check_batch(sidecar, &people, ask).await;
            } else {
                caller.check_stream(sidecar, &people, ask).await;
            }
        }
    }
}

async fn speak(caller: &Caller, draw: &mut Draw, sidecar: usize, late: &mut Vec<(usize, Statement)>) {
    let people = Arc::clone(&caller.people);
    let person = people.anybody(draw);
    let old = draw.percent(8);
    let yes = draw.percent(55);
    if yes && !old && people.is_quiet(person, caller.doors.now()) && draw.percent(85) {
        return self::ask(caller, draw, sidecar).await;
    }
    let said = Statement {
        at: people.time(person, old),
        yes,
        narrow: draw.percent(20),
        word: draw.percent(25) && !People::wrote_long_ago(person),
    };
    let said = Statement { narrow: said.narrow && !said.word, ..said };
    if late.len() < LATE_MAX && draw.percent(10) {
        late.push((person, said));
        return;
    }
    // Most applications turn to a sidecar that answers; so what others do not hear of is told while they do not.
    let sidecar = if draw.percent(60) { caller.doors.well(draw) } else { sidecar };
    let probed = !said.yes && draw.percent(60);
    let ask = draw.one(&[Ask::Marketing, Ask::Utility]);
    if probed {
        for place in [draw.below(SIDECARS), sidecar] {
            caller.check(place, person, ask, Fresh::Memory).await;
        }
    }
    let answer = caller.tell(sidecar, person, said).await;
    if probed {
        caller.check(sidecar, person, ask, Fresh::Memory).await;
        caller.check_since(draw.below(SIDECARS), person, ask).await;
    }
    if !said.yes && !old && answer.acknowledged() {
        people.refuses(person, caller.doors.now());
    }
    // As applications do: what was not answered is told again, elsewhere, under the same key.
    if matches!(answer, Answer::Unknown(_)) && draw.percent(50) {
        tokio::time::sleep(Duration::from_millis(20)).await;
        caller.tell(draw.below(SIDECARS), person, said).await;
    }
}
